"""The figures, each a matplotlib figure to be saved or logged by whoever asked for it."""

from ablation.report.figures.confusion import confusion_figure
from ablation.report.figures.curves import curves_figure
from ablation.report.figures.diagnostics import diagnostics_figure
from ablation.report.figures.lr_range import lr_range_figure
from ablation.report.figures.preview import preview_sheet
from ablation.report.figures.waterfall import waterfall

__all__ = [
    "confusion_figure",
    "curves_figure",
    "diagnostics_figure",
    "lr_range_figure",
    "preview_sheet",
    "waterfall",
]
