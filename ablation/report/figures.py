"""The figures, each a matplotlib figure to be saved or logged by whoever asked for it."""

from ablation.report.figures_confusion import confusion_figure
from ablation.report.figures_curves import curves_figure
from ablation.report.figures_diagnostics import diagnostics_figure
from ablation.report.figures_lr_range import lr_range_figure
from ablation.report.figures_waterfall import waterfall
from ablation.report.preview import preview_sheet

__all__ = [
    "confusion_figure",
    "curves_figure",
    "diagnostics_figure",
    "lr_range_figure",
    "preview_sheet",
    "waterfall",
]
