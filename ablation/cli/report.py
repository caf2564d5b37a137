"""Commands that read the store and train nothing; none of them needs torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import READ, app
from ablation.cli.choices import check_name, comparison_formats, listing, metric_names, table_formats
from ablation.cli.files import save
from ablation.cli.options import File, Metric, Store
from ablation.errors import UserError

TERMINAL = "terminal"
"""In colour and as wide as the window; plain text where there is none."""


@app.command(rich_help_panel=READ)
def status(file: File, store: Store = Path("mlruns")) -> None:
    """Show how far the latest run of a file has come."""
    from rich.console import Console

    from ablation import workflow
    from ablation.reporting.texts.status_text import status_text

    options = workflow.Options(store)
    Console().print(status_text(workflow.results(file, options), workflow.latest(file, options)), crop=False)


@app.command(rich_help_panel=READ, cls=listing(metric=metric_names, format=table_formats))
def report(
    file: File,
    metric: Metric = None,
    format: Annotated[str, typer.Option(help="How the table is written.", autocompletion=table_formats)] = TERMINAL,
    out: Annotated[Path | None, typer.Option(help="File or folder to write to, instead of the terminal.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Write the figure of cumulative gains here (png, svg, pdf).")
    ] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="The table of ablation confirm instead.")] = False,
    store: Store = Path("mlruns"),
) -> None:
    """Show the table of a file's latest run, rebuilt from the store alone."""
    from ablation import workflow
    from ablation.reporting.formats import formats
    from ablation.reporting.table_file import write_table
    from ablation.reporting.tables.terminal import show

    check_name(format, table_formats, "--format")
    options, purpose = workflow.Options(store), "confirm" if confirmed else "ladder"
    table = workflow.report(file, metric, options, purpose)
    if format == TERMINAL and out is None:
        show(table)
    else:
        chosen = formats()["text" if format == TERMINAL else format]
        details = workflow.details(file, options, purpose) if chosen.shows_details else None
        if out is not None:
            print(write_table(table, out, chosen, details))
        else:
            print(chosen.render(table, details), end="")
    if figure is not None:
        from ablation.reporting.figures.waterfall import waterfall

        save(waterfall(table), figure)


@app.command(rich_help_panel=READ, cls=listing(metric=metric_names))
def export(
    file: File,
    out: Annotated[Path, typer.Option(help="Folder to write to; made if need be.", show_default=False)],
    metric: Metric = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="What ablation confirm found instead.")] = False,
    store: Store = Path("mlruns"),
) -> None:
    """Write the table in every format, one HTML page of everything, and the figures (PNG and SVG) to a folder."""
    from ablation import workflow
    from ablation.reporting.export import write_export

    options, purpose = workflow.Options(store), "confirm" if confirmed else "ladder"
    table, details = workflow.report(file, metric, options, purpose), workflow.details(file, options, purpose)
    for path in write_export(table, details, out):
        print(path)


@app.command(rich_help_panel=READ, cls=listing(metric=metric_names, format=comparison_formats))
def compare(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Experiment files.", show_default=False)],
    metric: Metric = None,
    format: Annotated[
        str, typer.Option(help="How the table is written.", autocompletion=comparison_formats)
    ] = TERMINAL,
    store: Store = Path("mlruns"),
) -> None:
    """Set the same rungs in several experiments side by side, and say whether they agree."""
    from ablation import workflow
    from ablation.reporting.agreement import show_comparison
    from ablation.reporting.formats import formats

    check_name(format, comparison_formats, "--format")
    if len(files) < 2:
        raise UserError("one experiment has nothing to be compared with", place="FILE...", remedy="name two or more")
    found = workflow.compare(files, metric, workflow.Options(store))
    render = None if format == TERMINAL else formats()[format].render_comparison
    if render is None:
        show_comparison(found)
    else:
        print(render(found), end="")
