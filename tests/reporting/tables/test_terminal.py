"""The terminal: widths, colours, and the same bytes away from one."""

from __future__ import annotations

import io
import re

import pytest
from ladders import judged, plan_of, results_of
from rich.console import Console

from ablation.experiment.planning.plan import Rung
from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.records import records
from ablation.reporting.tables.terminal import plain, show


def test_the_golden_ladder_reads_as_printed(golden):
    text = plain(golden)
    for line in (
        "+ aug     82.05 ± 0.51  6  +2.02 [+1.70, +2.34]    <.0001   6/6     +2.02 [+1.70, +2.34]  gain",
        "+ ls      82.22 ± 0.52  6  +0.17 [-0.11, +0.45]     .1852   4/6     +2.18 [+1.95, +2.42]  equivalent",
        "+ ema     82.72 ± 0.38  6  +0.50 [+0.20, +0.80]     .0150   6/6     +2.68 [+2.27, +3.10]  small gain",
    ):
        assert line in text.splitlines()


def test_names_are_no_markup_in_the_terminal():
    plan = plan_of([Rung("[red]x[/red]", (), ())], replicates=2)
    assert "+ [red]x[/red]" in plain(judged(plan, results_of(plan, {"baseline": [1, 2], "+ [red]x[/red]": [2, 4]})))


def test_plain_text_keeps_to_its_width_and_has_no_colour(rich, holed_table, hostile_table):
    for table in (rich, holed_table, hostile_table):
        assert max(map(len, plain(table).splitlines())) <= 120
        assert "\x1b" not in plain(table)


def test_no_number_is_broken_or_cut_where_names_are_long(holed_table):
    text = plain(holed_table)
    assert "…" not in text
    for grid in grids(holed_table):
        for row in grid.rows:
            for title, cell in zip(grid.header, row, strict=True):
                assert title in grid.words or cell.text in text


@pytest.mark.parametrize("width", range(60, 141, 4))
def test_no_window_cuts_a_heading_or_a_verdict(golden, width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    show(golden, console)
    told = console.file.getvalue()
    for title in ("verdict", "p (Holm)", "sign-flip p"):
        assert title in told
    verdicts = {row["verdict"] for row in records(golden) if row.get("verdict")}
    assert verdicts
    for verdict in verdicts:
        assert verdict in told


def test_a_table_of_short_names_fits_a_hundred_and_four_columns(golden):
    console = Console(file=io.StringIO(), width=104, force_terminal=True, color_system="truecolor")
    show(golden, console)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())
    assert "+0.50 [+0.20, +0.80]" in shown
    assert "40.0 x4.00" in shown
    assert "…" not in shown


def test_colour_is_only_an_extra(golden):
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system="truecolor")
    show(golden, console)
    coloured = console.file.getvalue()
    assert "\x1b[32m" in coloured
    bare = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines())
    assert bare == plain(golden).rstrip("\n")


def test_away_from_a_terminal_the_plain_text_is_written(golden):
    console = Console(file=io.StringIO(), force_terminal=False)
    show(golden, console)
    assert console.file.getvalue() == plain(golden)
