"""The renderings tell the same numbers, whatever names and environments do to them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from ladders import judged, plan_of, results_of
from rich.console import Console

from ablation.experiment.planning.plan import Rung
from ablation.reporting.formats import formats
from ablation.reporting.html.page import page
from ablation.reporting.tables.cells import p_text, share, signed, visible
from ablation.reporting.tables.csv_text import as_csv
from ablation.reporting.tables.grids import grids, notes
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.latex import latex
from ablation.reporting.tables.markdown import markdown
from ablation.reporting.tables.records import records
from ablation.reporting.tables.terminal import plain, show
from ablation.reporting.tables.words import headline
from ablation.reporting.texts.footer import footer

CANONICAL = [partial(each.render, details=None) for each in formats().values() if not each.shows_details]


def markdown_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ") and not re.match(r"\| :?--", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def csv_rows(table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(table))))


def test_the_golden_ladder_reads_as_printed(golden):
    text = plain(golden)
    for line in (
        "+ aug     82.05 ± 0.51  6  +2.02 [+1.70, +2.34]    <.0001   6/6     +2.02 [+1.70, +2.34]  gain",
        "+ ls      82.22 ± 0.52  6  +0.17 [-0.11, +0.45]     .1852   4/6     +2.18 [+1.95, +2.42]  equivalent",
        "+ ema     82.72 ± 0.38  6  +0.50 [+0.20, +0.80]     .0150   6/6     +2.68 [+2.27, +3.10]  small gain",
    ):
        assert line in text.splitlines()


def test_everything_that_was_measured_has_its_block(rich):
    titles = "\n".join(grid.title for grid in grids(rich))
    for part in ("golden: accuracy", "Promised", "precise", "Left out", "corrupted", "worth", "pairs", "keep", "Cost"):
        assert part in titles


def test_markdown_and_terminal_carry_every_cell_of_the_same_grids(rich):
    text = " ".join(plain(rich).split())
    cells = [row for grid in grids(rich) for row in (grid.header, *([c.text for c in r] for r in grid.rows))]
    assert [[unescaped(cell) for cell in row] for row in markdown_rows(markdown(rich))] == [list(row) for row in cells]
    for row in cells:
        assert all(" ".join(cell.split()) in text for cell in row)


def test_the_csv_rounds_to_the_numbers_that_people_see(rich):
    shown = {row[0].text: [cell.text for cell in row] for row in grids(rich)[0].rows}
    for record in csv_rows(rich)[: len(shown)]:
        cells = shown[record["name"]]
        assert cells[1] == f"{float(record['mean']):.2f} ± {float(record['sd']):.2f}"
        for column, cell in (("step", cells[3]), ("total", cells[6])):
            if record[column]:
                mean, low, high = (signed(float(record[f"{column}{part}"]), 2) for part in ("", "_low", "_high"))
                assert cell == f"{mean} [{low}, {high}]"
        if record["step_p_adjusted"]:
            assert cells[4] == p_text(float(record["step_p_adjusted"]))


def test_csv_and_json_lose_no_digit_of_the_records(rich):
    found = records(rich)
    for record, read in zip(found, csv_rows(rich), strict=True):
        assert read == {key: "" if value is None else str(value) for key, value in record.items()}
    document = json.loads(as_json(rich))
    assert document["ladder"] + document["left_out"] == found


def test_the_json_holds_what_the_other_forms_say(rich):
    document = json.loads(as_json(rich))
    assert (document["schema"], document["valid"], document["margin"]) == (1, True, 2.0)
    assert tuple(document["headline"]) == headline(rich)
    assert tuple(document["footer"]) == footer(rich)
    assert [row["verdict"] for row in document["ladder"]] == [row.verdict.word for row in rich.rows]
    assert [len(document["promises"][name]) for name in ("rungs", "wider")] == [4, 2]
    assert document["promises"]["target"]["promise"] == "reached"
    assert document["attribution"]["kind"] == "Shapley value"
    credits = sum(row["credit"]["mean"] for row in document["attribution"]["rungs"])
    assert credits == pytest.approx(document["attribution"]["total"]["mean"], abs=1e-6)
    assert [each["cost"] for each in document["frontiers"]] == ["train_seconds", "latency_ms_1"]


def test_all_records_have_the_same_keys(rich, holed_table):
    for table in (rich, holed_table):
        assert len({tuple(record) for record in records(table)}) == 1


def test_a_failed_run_shows_in_every_form(holed_table):
    for render in (plain, markdown):
        text = render(holed_table)
        assert "incomplete (4/5)" in text
        assert "4/5, 1 failed" in text
    for each in formats().values():
        assert "invalid" in each.render(holed_table, None)
    told = "NO VERDICT: all but OneCycle: 4 of 5 runs finished, 1 failed (out of memory)"
    for name in ("text", "markdown", "json", "latex", "html"):
        assert told in formats()[name].render(holed_table, None)
    row = next(row for row in csv_rows(holed_table) if row["name"] == "all but OneCycle")
    assert [row[key] for key in ("n", "replicates", "n_failed", "step", "step_low")] == ["4", "5", "1", "", ""]
    assert row["why"].endswith("(out of memory)")


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_and_of_replicates_changes_no_byte(rich_plan, rich_results, seed):
    generator = np.random.default_rng(seed)
    renamed = dict(enumerate(generator.permutation(rich_plan.replicates)))
    shuffled = rich_results.assign(replicate=rich_results["replicate"].map(renamed)).sample(frac=1, random_state=seed)
    whole, other = judged(rich_plan, rich_results), judged(rich_plan, shuffled)
    for render in CANONICAL:
        assert render(other) == render(whole)


def test_numbers_of_one_family_look_alike():
    assert [signed(value, 2) for value in (1.234, -1.235, 0.0, -0.001)] == ["+1.23", "-1.24", "+0.00", "+0.00"]
    assert [p_text(value) for value in (0.0, 0.0154, 0.99999, 1.0, float("nan"))] == ["<.0001", ".0154", "1", "1", "-"]
    assert [share(value) for value in (0.5, -0.2, 1.0, -1.0, 0.0, 0.999)] == [
        ".50",
        "-.20",
        "1.00",
        "-1.00",
        ".00",
        "1.00",
    ]


def test_a_sum_in_another_order_is_shown_alike():
    assert 0.1 + 0.2 != 0.3
    assert signed(1.125 + 1e-15, 2) == signed(1.125 - 1e-15, 2) == signed(1.125, 2)


def test_under_five_replicates_no_p_is_told_anywhere():
    plan = plan_of([Rung("a", (), ()), Rung("b", (), ())], 4, designs=["full"])
    scores = {
        each.name: 80 + 2 * len(each.rungs) + np.array([0.1, 0.3, 0.2, 0.7]) * len(each.name) for each in plan.variants
    }
    table = judged(plan, results_of(plan, scores))
    for grid in grids(table):
        for place, title in enumerate(grid.header):
            if title.startswith("p ") or title == "sign-flip p":
                assert {row[place].text for row in grid.rows} <= {"", "-"}
    assert not [
        key
        for record in records(table)
        for key in record
        if "_p" in key and key.endswith(("_p", "_adjusted")) and record[key]
    ]


def test_markdown_makes_hostile_names_literal(hostile_table):
    text = markdown(hostile_table)
    names = [unescaped(row[0]) for row in markdown_rows(text) if row[0].startswith("+ ")]
    assert names[: len(hostile_table.rows) - 1] == [visible(row.name) for row in hostile_table.rows[1:]]
    assert not re.search(r"(?<!\\)<|(?<!\\)\$|(?<!\\)\]\(|(?<!\\)\*|(?<!\\)`", text)
    assert not re.search(r"^- \d+[.)] ", text, re.MULTILINE)
    headings = [line for line in text.splitlines() if line.startswith("### ")]
    assert len(headings) == len(grids(hostile_table))


def test_what_does_not_print_reaches_no_rendering_for_people(hostile_table):
    for name in ("text", "markdown", "latex", "json"):
        text = formats()[name].render(hostile_table, None)
        assert not set(text) & {"\x1b", "\N{RIGHT-TO-LEFT OVERRIDE}"}
    assert "\ufffd[31mred" in plain(hostile_table)
    assert all(line.isprintable() for line in (*notes(hostile_table), *headline(hostile_table)))


def test_hostile_names_survive_csv_and_json_unchanged(hostile_table):
    names = [row.rung for row in hostile_table.rows]
    assert [row["rung"] for row in csv_rows(hostile_table)][: len(names)] == names
    document = json.loads(as_json(hostile_table))
    assert [row["rung"] for row in document["ladder"]] == names
    assert document["experiment"] == hostile_table.name


def test_names_of_studies_and_of_rungs_that_wait_are_text_and_nothing_else(tuned_table, waiting_table):
    for table in (tuned_table, waiting_table):
        assert max(map(len, plain(table).splitlines())) <= 120
        text = markdown(table)
        assert not re.search(r"(?<!\\)<|(?<!\\)\$|(?<!\\)\]\(|(?<!\\)\*|(?<!\\)`", text)
        for render in (plain, markdown, as_json, latex, page):
            assert not set(render(table)) & {"\x1b", "\N{RIGHT-TO-LEFT OVERRIDE}"}
        assert "<script>" not in page(table)


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


CODE = """
import sys
sys.path.insert(0, {folder!r})
from ladders import GOLDEN, judged, plan_of, promised, results_of
from ablation.experiment.planning.plan import Rung
from ablation.reporting.formats import formats
plan = plan_of([Rung(name, promised(1, 2), ()) for name in ("aug", "ls", "ema")], 6)
table = judged(plan, results_of(plan, GOLDEN))
for form in ("text", "markdown", "csv", "json"):
    sys.stdout.buffer.write(formats()[form].render(table, None).encode())
assert not [name for name in ("torch", "sklearn", "mlflow", "jinja2", "matplotlib") if name in sys.modules]
"""


@pytest.mark.slow
def test_the_forms_ignore_the_environment_and_need_nothing_heavy(golden_results):
    code = CODE.format(folder=str(Path(__file__).parents[2] / "support"))
    odd = {"COLUMNS": "40", "LINES": "3", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm-256color"}
    run = subprocess.run([sys.executable, "-c", code], env={**os.environ, **odd}, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    assert "+2.02 [+1.70, +2.34]" in run.stdout.decode()
    assert b"\x1b" not in run.stdout
