"""The figures, each a matplotlib figure to be saved or logged by whoever asked for it."""

from ablation.reporting.figures.attribution import attribution_figure
from ablation.reporting.figures.class_accuracy import class_accuracy_figure
from ablation.reporting.figures.confusion import confusion_figure, counts_figure
from ablation.reporting.figures.curves import curves_figure
from ablation.reporting.figures.diagnostics import diagnostics_figure
from ablation.reporting.figures.frontier import frontier_figure
from ablation.reporting.figures.lr_range import lr_range_figure
from ablation.reporting.figures.preview import preview_sheet
from ablation.reporting.figures.replicates import replicates_figure
from ablation.reporting.figures.style import ONE_COLUMN, TWO_COLUMNS, svg
from ablation.reporting.figures.waterfall import waterfall

__all__ = [
    "ONE_COLUMN",
    "TWO_COLUMNS",
    "attribution_figure",
    "class_accuracy_figure",
    "confusion_figure",
    "counts_figure",
    "curves_figure",
    "diagnostics_figure",
    "frontier_figure",
    "lr_range_figure",
    "preview_sheet",
    "replicates_figure",
    "svg",
    "waterfall",
]
