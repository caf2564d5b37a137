"""Commands that read the store and train nothing; none of them needs torch."""

from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import READ_PANEL, app
from ablation.cli.choices import check_name, comparison_formats, listing, metric_names, table_formats
from ablation.cli.files import save
from ablation.cli.options import File, MetricOption, Store

TERMINAL = "terminal"
"""In colour and as wide as the window; plain text where there is none."""


@app.command(rich_help_panel=READ_PANEL)
def status(file: File, store: Store = Path("mlruns")) -> None:
    """Show how far the latest run of a file has come."""
    from rich.console import Console

    import ablation

    Console().print(ablation.status(file, ablation.Options(store)), crop=False)


@app.command(rich_help_panel=READ_PANEL, cls=listing(metric=metric_names, format=table_formats))
def report(
    file: File,
    metric: MetricOption = None,
    format: Annotated[str, typer.Option(help="How the table is written.", autocompletion=table_formats)] = TERMINAL,
    out: Annotated[Path | None, typer.Option(help="File or folder to write to, instead of the terminal.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Write the figure of cumulative gains here (png, svg, pdf).")
    ] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="The table of ablation confirm instead.")] = False,
    store: Store = Path("mlruns"),
) -> None:
    """Show the table of a file's latest run, rebuilt from the store alone."""
    import ablation
    from ablation.reporting.formats import formats
    from ablation.reporting.table_file import write_table
    from ablation.reporting.tables.terminal import show
    from ablation.workflow.reporting import details

    check_name(format, table_formats, "--format")
    options, purpose = ablation.Options(store), "confirm" if confirmed else "ladder"
    table = ablation.report(file, metric, options, purpose)
    if format == TERMINAL and out is None:
        show(table)
    else:
        chosen = formats()["text" if format == TERMINAL else format]
        more = details(file, options, purpose) if chosen.shows_details else None
        if out is not None:
            print(write_table(table, out, chosen, more))
        else:
            print(chosen.render(table, more), end="")
    if figure is not None:
        from ablation.reporting.figures.waterfall import waterfall

        save(waterfall(table), figure)


@app.command(rich_help_panel=READ_PANEL, cls=listing(metric=metric_names))
def export(
    file: File,
    out: Annotated[Path, typer.Option(help="Folder to write to; made if need be.", show_default=False)],
    metric: MetricOption = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="The results of ablation confirm instead.")] = False,
    store: Store = Path("mlruns"),
) -> None:
    """Write the table in every format, one HTML page of everything, and the figures (PNG and SVG) to a folder."""
    import ablation

    for path in ablation.export(file, out, metric, ablation.Options(store), "confirm" if confirmed else "ladder"):
        print(path)


@app.command(rich_help_panel=READ_PANEL, cls=listing(metric=metric_names, format=comparison_formats))
def compare(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Experiment files.", show_default=False)],
    metric: MetricOption = None,
    format: Annotated[
        str, typer.Option(help="How the table is written.", autocompletion=comparison_formats)
    ] = TERMINAL,
    store: Store = Path("mlruns"),
) -> None:
    """Set the same rungs in several experiments side by side, and say whether they agree."""
    import ablation
    from ablation.reporting.agreement import comparison_sheet
    from ablation.reporting.formats import formats
    from ablation.reporting.tables.terminal import show_sheet

    check_name(format, comparison_formats, "--format")
    agreement = ablation.compare(files, metric, ablation.Options(store))
    render = None if format == TERMINAL else formats()[format].render_comparison
    if render is None:
        show_sheet(comparison_sheet(agreement))
    else:
        print(render(agreement), end="")
