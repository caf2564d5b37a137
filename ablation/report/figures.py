"""The figures, each a matplotlib figure to be saved or logged by whoever asked for it."""

from ablation.report.figures_confusion import confusion_figure
from ablation.report.figures_curves import curves_figure
from ablation.report.figures_waterfall import waterfall

__all__ = ["confusion_figure", "curves_figure", "waterfall"]
