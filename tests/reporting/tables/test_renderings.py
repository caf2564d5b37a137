"""The renderings tell the same numbers, whatever names and environments do to them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from ladders import judged
from read_back import csv_rows

from ablation.reporting.formats import formats
from ablation.reporting.html.page import page
from ablation.reporting.tables.grids import notes
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.latex import latex
from ablation.reporting.tables.markdown import markdown
from ablation.reporting.tables.terminal import plain
from ablation.reporting.tables.words import headline

CANONICAL = [partial(each.render, details=None) for each in formats().values() if not each.shows_details]


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
        html = page(table)
        for rendered in (plain(table), text, as_json(table), latex(table), html):
            assert not set(rendered) & {"\x1b", "\N{RIGHT-TO-LEFT OVERRIDE}"}
        assert "<script>" not in html


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
