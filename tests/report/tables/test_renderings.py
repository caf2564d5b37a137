"""The renderings tell the same numbers, whatever names and environments do to them."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from ablation.experiment.plan import Rung
from ablation.judgement.table import ladder_table
from ablation.report.tables.cells import grids, notes, signed
from ablation.report.tables.csv_text import as_csv
from ablation.report.tables.markdown import markdown
from ablation.report.tables.records import records
from ablation.report.tables.terminal import plain, show

HOSTILE = ["<script>alert(1)</script>", "a|b", "$x$ \\input{y}", "[link](http://x)", "*bold* _it_ `c`", "\x1b[31mred"]


@pytest.fixture
def table(long_plan, long_results, with_hole):
    return ladder_table(long_plan, with_hole(long_results, "all but OneCycle", 2, "failed"))


@pytest.fixture
def hostile(make_plan, make_results):
    rungs = [Rung(name, (1, 2), "", ()) for name in HOSTILE]
    plan = make_plan(rungs, replicates=2, notices=["<b>|"], leave_one_out=True)
    scores = {each.name: [50.0 + number, 51.0 - number] for number, each in enumerate(plan.variants)}
    return ladder_table(plan, make_results(plan, scores))


def markdown_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ") and not re.match(r"\| :?--", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def csv_rows(table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(table))))


def test_markdown_and_terminal_carry_every_cell_of_the_same_grids(table):
    text = " ".join(plain(table).split())
    cells = [row for grid in grids(table) for row in (grid.header, *([c.text for c in r] for r in grid.rows))]
    assert [[unescaped(cell) for cell in row] for row in markdown_rows(markdown(table))] == [list(row) for row in cells]
    for row in cells:
        numbers = [cell for cell in row[1:] if cell and not cell.startswith(("kept", "note", "step", "over", "full"))]
        for cell in numbers:
            assert cell in text or all(part in text for part in cell.split())


def test_the_csv_rounds_to_the_numbers_that_people_see(table):
    by_name = {row[0]: row for row in markdown_rows(markdown(table)) if len(row) in (6, 7) and ".." not in row[1]}
    for record in csv_rows(table):
        shown = by_name[record["name"].replace("|", "\\|")]
        assert shown[1] == f"{float(record['mean']):.2f} ± {float(record['sd']):.2f}"
        for column, cell in (("step", shown[3]), ("total", shown[4])):
            if record[column]:
                low, high = float(record[f"{column}_low"]), float(record[f"{column}_high"])
                assert cell == f"{signed(float(record[column]), 2)} [{signed(low, 2)}, {signed(high, 2)}]"


def test_the_csv_loses_no_digit(table):
    for record, read in zip(records(table), csv_rows(table), strict=True):
        for key, value in record.items():
            assert read[key] == ("" if value is None else str(value))
            if isinstance(value, float):
                assert float(read[key]) == value


def test_an_incomplete_row_is_incomplete_everywhere(table):
    for text in (plain(table), markdown(table)):
        assert "incomplete (4/5)" in text
        assert "4/5, 1 failed" in text
        assert "INCOMPLETE: all but OneCycle: 4 of 5 runs finished, 1 failed (out of memory)" in text
    row = next(row for row in csv_rows(table) if row["name"] == "all but OneCycle")
    assert (row["n"], row["replicates"], row["n_failed"], row["step"], row["step_low"]) == ("4", "5", "1", "", "")


def test_gains_always_show_their_sign_and_zero_is_never_negative():
    assert [signed(value, 2) for value in (1.234, -1.235, 0.0, -0.001)] == ["+1.23", "-1.24", "+0.00", "+0.00"]


def test_markdown_makes_hostile_names_literal(hostile):
    text = markdown(hostile)
    rows = [row for row in markdown_rows(text) if row[0].startswith("+ ")]
    widths = {len(row) for row in markdown_rows(text)}
    assert widths <= {6, 7}
    assert [unescaped(row[0])[2:] for row in rows[: len(HOSTILE) - 1]] == HOSTILE[:-1]
    assert not re.search(r"(?<!\\)<(?:script|b)>|(?<!\\)\$|(?<!\\)\]\(|(?<!\\)\*|(?<!\\)`", text)


def test_escape_codes_in_names_reach_no_rendering_for_people(hostile):
    for text in (plain(hostile), markdown(hostile), *notes(hostile)):
        assert "\x1b" not in text
    assert "\ufffd[31mred" in plain(hostile)


def test_names_are_no_markup_in_the_terminal(make_plan, make_results):
    plan = make_plan([Rung("[red]x[/red]", None, "", ())], replicates=2)
    table = ladder_table(plan, make_results(plan, {"baseline": [1, 2], "+ [red]x[/red]": [2, 4]}))
    assert "+ [red]x[/red]" in plain(table)


def test_hostile_names_survive_the_csv_unchanged(hostile):
    assert [row["rung"] for row in csv_rows(hostile)][1 : len(HOSTILE) + 1] == HOSTILE


def test_plain_text_keeps_to_its_width_and_has_no_colour(table):
    assert max(map(len, plain(table).splitlines())) <= 120
    assert "\x1b" not in plain(table)


def test_a_table_of_short_names_fits_a_hundred_columns(golden_plan, golden_results):
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system="truecolor")
    show(ladder_table(golden_plan, golden_results), console)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())
    assert "+0.50 [+0.20, +0.80]" in shown
    assert "40.0 x4.00" in shown
    assert "…" not in shown


def test_colour_is_only_an_extra(golden_plan, golden_results):
    table = ladder_table(golden_plan, golden_results)
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system="truecolor")
    show(table, console)
    coloured = console.file.getvalue()
    assert "\x1b[32m" in coloured
    bare = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines())
    assert bare == plain(table).rstrip("\n")


def test_away_from_a_terminal_the_plain_text_is_written(golden_plan, golden_results):
    table = ladder_table(golden_plan, golden_results)
    console = Console(file=io.StringIO(), force_terminal=False)
    show(table, console)
    assert console.file.getvalue() == plain(table)


CODE = """
import sys
sys.path.insert(0, {folder!r})
from ladders import GOLDEN, plan_of, results_of
from ablation.experiment.plan import Rung
from ablation.judgement.table import ladder_table
from ablation.report.tables.terminal import plain
plan = plan_of([Rung(name, (1, 2), "", ()) for name in ("aug", "ls", "ema")], 6)
sys.stdout.buffer.write(plain(ladder_table(plan, results_of(plan, GOLDEN))).encode())
assert "torch" not in sys.modules, "reports need no torch"
"""


def test_the_plain_text_ignores_the_environment_and_needs_no_torch(make_plan, make_results, golden_results):
    code = CODE.format(folder=str(Path(__file__).parents[2] / "support"))
    odd = {"COLUMNS": "40", "LINES": "3", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm-256color"}
    run = subprocess.run([sys.executable, "-c", code], env={**os.environ, **odd}, capture_output=True, check=True)
    rungs = [Rung(name, (1, 2), "", ()) for name in ("aug", "ls", "ema")]
    plan = make_plan(rungs, replicates=6)
    scores = golden_results.pivot(index="variant", columns="replicate", values="test/accuracy") * 100
    here = plain(ladder_table(plan, make_results(plan, dict(zip(scores.index, scores.to_numpy(), strict=True)))))
    assert run.stdout.decode() == here
    assert "+2.02 [+1.70, +2.34]" in here
