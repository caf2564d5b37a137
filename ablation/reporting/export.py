"""Everything for a paper in one folder: the table in every format, one page of all of it, and the figures."""

from collections.abc import Iterator
from pathlib import Path

from matplotlib.figure import Figure

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.details import Details
from ablation.errors import UserError
from ablation.reporting.figures.attribution import attribution_figure
from ablation.reporting.figures.class_accuracy import class_accuracy_figure
from ablation.reporting.figures.frontier import frontier_figure
from ablation.reporting.figures.replicates import replicates_figure
from ablation.reporting.figures.style import ONE_COLUMN, svg
from ablation.reporting.figures.waterfall import waterfall
from ablation.reporting.formats import formats
from ablation.reporting.table_file import write_table


def write_export(table: Table, details: Details, folder: Path) -> tuple[Path, ...]:
    """Write every format and the figures, each figure as PNG and SVG; what lies there under these names is replaced.

    Raises:
        UserError: the folder or a file cannot be written.
    """
    written = [write_table(table, folder / each.file_name, each, details) for each in formats().values()]
    try:
        for name, figure in _figures(table, details):
            written += [folder / f"{name}.png", folder / f"{name}.svg"]
            figure.savefig(written[-2], dpi=300)
            written[-1].write_text(svg(figure), encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot be written: {error}", place=str(folder), remedy="name another folder") from error
    return tuple(written)


def _figures(table: Table, details: Details) -> Iterator[tuple[str, Figure]]:
    yield "gains", waterfall(table)
    yield "gains-one-column", waterfall(table, ONE_COLUMN)
    yield "replicates", replicates_figure(table)
    if details[0].by_class and details[-1].by_class:
        yield "classes", class_accuracy_figure(details)
    if table.attribution:
        yield "attribution", attribution_figure(table.attribution, table)
    for each in table.frontiers:
        yield f"frontier-{each.cost.replace('_', '-')}", frontier_figure(each, table.metric)
