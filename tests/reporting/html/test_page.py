"""The HTML report: what stands in it, that it stands alone, and that no name breaks it."""

from __future__ import annotations

import dataclasses
import re
import time
from importlib.resources import files

import numpy as np
import pytest
from ladders import GOLDEN, plan_of, promised, results_of
from parsed_page import Parsed

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.diagnosis.history import Finding
from ablation.analysis.table.conditions import Records
from ablation.analysis.table.table import ladder_table
from ablation.analysis.verdict.validity import Problem
from ablation.analysis.verdict.verdict import ControlDiffers
from ablation.experiment.planning.plan import Rung
from ablation.invocation import RUN
from ablation.metrics.registry import metric
from ablation.reporting.html.page import fragment, page
from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.words import headline


@pytest.fixture(scope="module")
def golden():
    rungs = [Rung(name, promised(1, 2), ()) for name in ("aug", "ls", "ema")]
    plan = plan_of(rungs, replicates=6, notices=["a http://example.org in words."])
    stuck = Finding("one_class", 2, "one_answer", {"name": "hm <b>", "share": 0.98}, None)
    return ladder_table(Evidence(plan, results_of(plan, GOLDEN)), records=Records(findings={"+ aug": [[stuck]]}))


@pytest.fixture(scope="module")
def golden_page(golden, make_details) -> str:
    plan = plan_of([Rung(name, (), ()) for name in ("aug", "ls", "ema")], replicates=6)
    return page(golden, make_details(plan))


@pytest.fixture
def hostile(hostile_plan, hostile_results):
    fault = ControlDiffers("<script>alert(2)</script>\x1b[0m")
    wrong = Problem(("baseline",), fault, RUN)
    plan = dataclasses.replace(hostile_plan, notices=("<img src=x>",))
    table = ladder_table(Evidence(plan, hostile_results), problems=[wrong])
    candidates = tuple(Candidate(row.name, (row.rung,), 80.0 + n, 1.0 + n, 1.0 + n) for n, row in enumerate(table.rows))
    return _with_frontier(table, Frontier("train_seconds", candidates, 9, candidates[-1], candidates[1]))


def _with_frontier(table, frontier):
    return dataclasses.replace(table, name="<h1>$\\frac{$", frontiers=(frontier,))


def test_every_cell_of_every_grid_is_in_the_page_and_in_the_fragment(golden, golden_page):
    wanted = [cell.text for grid in grids(golden) for row in grid.rows for cell in row]
    for text in (golden_page, fragment(golden)):
        cells = Parsed(text).cells
        assert not set(wanted) - set(cells)
        assert "+2.02 [+1.70, +2.34]" in cells


def test_the_verdict_in_words_stands_before_the_table(golden, golden_page):
    shown = "".join(Parsed(golden_page).texts)
    assert all(line in shown for line in headline(golden))
    assert golden_page.index('class="headline"') < golden_page.index("<table")


def test_warnings_footer_and_differences_are_there(golden_page):
    text = "".join(Parsed(golden_page).texts)
    lines = ("(hm <b>, 98 %", "accuracy on the test set", "a http://example.org")
    for part in (*lines, "loss.gamma", "'+ aug'", "(a, 97 %"):
        assert part in text


def test_figures_are_inline_and_no_two_ids_are_alike(golden, golden_page):
    parsed = Parsed(golden_page)
    rows = len(golden.rows)
    assert parsed.tags["svg"] == 2 + 1 + 2 * rows  # gains and replicates, classes, confusion and curves of each row
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"].removeprefix("#") for _, attributes in parsed.elements if "href" in attributes}
    filled = {each for value in _values(parsed) for each in re.findall(r"url\(#([^)]*)\)", value)}
    assert filled
    assert filled | {each for each in links if not each.startswith("data:")} <= set(ids)
    assert all(attributes["aria-label"] for tag, attributes in parsed.elements if tag == "svg")


def _values(parsed: Parsed) -> list[str]:
    return [value or "" for _, attributes in parsed.elements for value in attributes.values()]


def test_the_page_loads_nothing_and_runs_nothing(golden_page):
    parsed = Parsed(golden_page)
    assert not {"script", "link", "iframe", "object", "img"} & set(parsed.tags)
    assert not [value for value in _values(parsed) if "http" in value and "equiv" not in value and "//" in value]
    assert not [key for _, attributes in parsed.elements for key in attributes if key.startswith("on")]
    assert "@import" not in golden_page


def test_tables_have_captions_and_scopes(golden, golden_page):
    parsed = Parsed(golden_page)
    assert parsed.tags["table"] == parsed.tags["caption"] == len(grids(golden)) + 1
    heads = [attributes for tag, attributes in parsed.elements if tag == "th"]
    assert all(attributes.get("scope") in ("col", "row", "rowgroup") for attributes in heads)
    assert parsed.tags["h1"] == 1


def test_the_same_values_make_the_same_bytes(golden, golden_page, golden_plan, make_details):
    assert page(golden, make_details(golden_plan)) == golden_page
    assert fragment(golden) == fragment(golden)


@pytest.mark.slow
def test_hostile_names_are_text_and_nothing_else(hostile, hostile_plan, make_details):
    classes = hostile_plan.ladder_rows[1:]
    for text in (page(hostile, make_details(hostile_plan, classes)), fragment(hostile)):
        parsed = Parsed(text)
        assert not {"script", "img", "b"} & set(parsed.tags)
        assert not [key for _, attributes in parsed.elements for key in attributes if key.startswith("on")]
        shown = "".join(parsed.texts)
        assert "+ <script>alert(1)</script>" in shown
        assert "\\input{/etc/passwd}" in shown
        assert not [each for each in shown if not (each.isprintable() or each == "\n")]


def test_a_failed_run_shows_with_its_reason(golden_plan, golden_results, with_hole, make_details):
    table = ladder_table(Evidence(golden_plan, with_hole(golden_results, "+ aug", 0, "failed")))
    details = make_details(golden_plan, finished=5, failures=("out of <memory>",))
    text = "".join(Parsed(page(table, details)).texts)
    assert "incomplete (5/6)" in text
    assert "incomplete: 5 of 6 runs finished (out of <memory>)" in text


def test_a_page_without_any_run_says_so(golden_plan, golden_results, make_details):
    table = ladder_table(Evidence(golden_plan, golden_results.iloc[:0]))
    details = make_details(golden_plan, finished=0)
    text = "".join(Parsed(page(table, details)).texts)
    assert "No run of this row is finished." in text
    assert "Nothing was trained." in text


def test_a_ladder_of_the_baseline_alone_is_a_page(make_plan, make_results, make_details):
    plan = make_plan([], replicates=2)
    table = ladder_table(Evidence(plan, make_results(plan, {"baseline": [1, 2]})))
    assert Parsed(page(table, make_details(plan))).tags["svg"]


@pytest.mark.slow
def test_ten_rows_take_a_few_seconds(make_plan, make_results, make_details):
    plan = make_plan([Rung(f"rung {n}", (), ()) for n in range(9)], replicates=5)
    scores = {each.name: np.linspace(70, 71, 5) + len(each.rungs) for each in plan.variants}
    table, details = ladder_table(Evidence(plan, make_results(plan, scores))), make_details(plan, "abcdefghij")
    page(table)  # fonts are looked up once
    start = time.process_time()
    page(table, details)
    assert time.process_time() - start < 6.0, "2 s on a quiet machine; processor time grows on a shared one too"


def test_a_metric_without_a_unit_reads_well(golden_plan, golden_results):
    text = page(ladder_table(Evidence(golden_plan, golden_results), "mcc"))
    assert metric("mcc").label in text
    assert "()" not in "".join(Parsed(text).texts)


def test_the_templates_are_installed_beside_the_code():
    names = {each.name for each in files("ablation.reporting.html").iterdir()}
    assert {"page.html.j2", "grid.html.j2", "fragment.html.j2", "page.css", "fragment.css"} <= names
