"""The figures of the page, by the section they stand in, each with what is read out in its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.details import Details, RowDetails
from ablation.reporting.figures.attribution import attribution_figure
from ablation.reporting.figures.class_accuracy import class_accuracy_figure
from ablation.reporting.figures.confusion import confusion_figure
from ablation.reporting.figures.curves import curves_figure
from ablation.reporting.figures.frontier import frontier_figure
from ablation.reporting.figures.replicates import replicates_figure
from ablation.reporting.figures.waterfall import waterfall
from ablation.reporting.html.inline import inline
from ablation.reporting.tables.cells import visible
from ablation.reporting.texts.finding_text import finding_text


@dataclass(frozen=True)
class Picture:
    """A figure and the line below it."""

    caption: str
    svg: Markup


@dataclass(frozen=True)
class RowPictures:
    """What the page shows of one row.

    Args:
        name: the row's.
        state: how many of its runs are missing, and why; empty where none is.
        confusion, curves: None where nothing was tested or trained.
        findings: what is wrong with the training that the curves are of: since which epoch, and what.
    """

    name: str
    state: str
    confusion: Picture | None
    curves: Picture | None
    findings: tuple[tuple[int, str], ...]


def gains_pictures(table: Table) -> tuple[Picture, Picture]:
    """What each rung adds, and the replicates that say so."""
    bars = "Each bar starts where the row above it ends; its whiskers are about its end."
    points = "Every row is trained anew under each replicate, which fixes its split and its random streams."
    return _picture(bars, waterfall(table), "gains"), _picture(points, replicates_figure(table), "replicates")


def exploratory_pictures(table: Table) -> Iterator[Picture]:
    """Where the table has them: what each rung is worth wherever it stands, and score against cost."""
    if table.attribution is not None and any(row.credit for row in table.attribution.rows):
        figure = attribution_figure(table.attribution, table)
        yield _picture("Exploratory: what each rung is worth wherever it stands.", figure, "attribution")
    for number, frontier in enumerate(table.frontiers):
        caption = f"On validation: those of {frontier.measured} variants that no other beats in both at once."
        yield _picture(caption, frontier_figure(frontier, table.metric), f"frontier-{number}")


def classes_picture(details: Details) -> Picture:
    """Accuracy of each class, before and after."""
    caption = "Mean over the replicates; rare classes move more by chance."
    return _picture(caption, class_accuracy_figure(details), "classes")


def row_pictures(number: int, row: RowDetails) -> RowPictures:
    """The pictures of a row of the ladder, whose number no other row has."""
    return RowPictures(
        name=visible(row.variant),
        state=_state(row),
        confusion=_confusion(number, row),
        curves=_curves(number, row),
        findings=tuple((finding.epoch, visible(finding_text(finding))) for finding in row.findings),
    )


def _confusion(number: int, row: RowDetails) -> Picture | None:
    if row.by_class is None:
        return None
    figure = confusion_figure(row.by_class.confusion, row.by_class.classes)
    replicates = f"{row.finished} replicates together" if row.finished > 1 else "one replicate"
    incomplete = f"; {_state(row)}" if _state(row) else ""
    return _picture(f"{row.variant}: test images of {replicates}{incomplete}", figure, f"confusion-{number}")


def _curves(number: int, row: RowDetails) -> Picture | None:
    if not row.history:
        return None
    return _picture(f"{row.variant}: replicate {row.trained}", curves_figure(row.history), f"curves-{number}")


def _state(row: RowDetails) -> str:
    """``incomplete: 4 of 5 runs finished (out of memory)``; empty where all did."""
    if row.complete:
        return ""
    reasons = f" ({'; '.join(row.failures)})" if row.failures else ""
    return visible(f"incomplete: {row.finished} of {row.replicates} runs finished{reasons}")


def _picture(caption: str, figure: Figure, name: str) -> Picture:
    return Picture(visible(caption), inline(figure, name, visible(caption)))
