"""The figures of the page, by the section they stand in, each with what is read out in its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.details import Details, RowDetails
from ablation.reporting.figures.attribution import attribution_figure
from ablation.reporting.figures.class_accuracy import class_accuracy_figure
from ablation.reporting.figures.confusion import counts_figure
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
class FindingLine:
    """What a training suffers from, and since when."""

    epoch: int
    text: str


@dataclass(frozen=True)
class RowPictures:
    """What the page shows of one row.

    Args:
        name: the row's.
        state: how many of its runs are missing, and why; empty where none is.
        confusion, curves: None where nothing was tested or trained.
        findings: what the training that the curves are of suffers from.
    """

    name: str
    state: str
    confusion: Picture | None
    curves: Picture | None
    findings: tuple[FindingLine, ...]


def gains_pictures(table: Table) -> tuple[Picture, ...]:
    """What each rung adds, and the replicates that say so."""
    return (
        _picture(
            "Each bar starts where the row above it ends; its whiskers are about its end.", waterfall(table), "gains"
        ),
        _picture(
            "Every row is trained anew under each replicate, which fixes its split and its random streams.",
            replicates_figure(table),
            "replicates",
        ),
    )


def exploratory_pictures(table: Table) -> tuple[Picture, ...]:
    """Where the table has them: what each rung is worth wherever it stands, and score against cost."""
    return tuple(_explored(table))


def _explored(table: Table) -> Iterator[Picture]:
    if table.attribution is not None and any(row.credit for row in table.attribution.rows):
        figure = attribution_figure(table.attribution, table)
        yield _picture("Exploratory: what each rung is worth wherever it stands.", figure, "attribution")
    for number, each in enumerate(table.frontiers):
        figure = frontier_figure(each, table.metric)
        yield _picture(
            f"On validation: those of {each.measured} variants that no other beats in both at once.",
            figure,
            f"frontier-{number}",
        )


def classes_picture(details: Details) -> Picture:
    """Accuracy of each class, before and after."""
    return _picture(
        "Mean over the replicates; rare classes move more by chance.", class_accuracy_figure(details), "classes"
    )


def row_pictures(details: Details) -> tuple[RowPictures, ...]:
    """Each row of the ladder in turn."""
    return tuple(_row(number, each) for number, each in enumerate(details))


def _row(number: int, row: RowDetails) -> RowPictures:
    return RowPictures(
        name=visible(row.variant),
        state=_state(row),
        confusion=next(_confusion(number, row), None),
        curves=next(_curves(number, row), None),
        findings=tuple(FindingLine(each.epoch, visible(finding_text(each))) for each in row.findings),
    )


def _confusion(number: int, row: RowDetails) -> Iterator[Picture]:
    if row.by_class is not None:
        figure = counts_figure(row.by_class.confusion, row.by_class.classes)
        many = f"{row.finished} replicates together" if row.finished > 1 else "one replicate"
        incomplete = f"; {_state(row)}" if _state(row) else ""
        yield _picture(f"{row.variant}: test images of {many}{incomplete}", figure, f"confusion-{number}")


def _curves(number: int, row: RowDetails) -> Iterator[Picture]:
    if row.history:
        yield _picture(f"{row.variant}: replicate {row.trained}", curves_figure(row.history), f"curves-{number}")


def _state(row: RowDetails) -> str:
    """``incomplete: 4 of 5 runs finished (out of memory)``; empty where all did."""
    if row.complete:
        return ""
    why = f" ({'; '.join(row.failures)})" if row.failures else ""
    return visible(f"incomplete: {row.finished} of {row.replicates} runs finished{why}")


def _picture(caption: str, figure: Figure, name: str) -> Picture:
    return Picture(visible(caption), inline(figure, name, visible(caption)))
