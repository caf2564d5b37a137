"""Trials, studies and rungs that wait for one stand in every form alike."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from functools import partial
from html import unescape

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ladders import judged, results_of
from tuned_ladder import SCORES, each_ladder, tuned_ladder, tuned_of, waiting_ladder

from ablation.analysis.table.table import Table
from ablation.experiment.config.yaml_text import parse_value
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.tuned import Importance
from ablation.reporting.formats import formats
from ablation.reporting.html.page import fragment
from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.records import as_csv, records
from ablation.reporting.tables.settings import patch_block, patch_flow, rounded
from ablation.reporting.tables.terminal import plain

PEOPLE = {name: partial(formats()[name].render, details=None) for name in ("text", "markdown", "latex", "html")}


def table_of(plan: Plan) -> Table:
    scores = {each.name: SCORES.get(each.name, SCORES["+ OneCycle"]) for each in plan.variants}
    return judged(plan, results_of(plan, scores))


@pytest.fixture(scope="module")
def tuned() -> Table:
    return table_of(tuned_ladder(leave_one_out=True))


@pytest.fixture(scope="module")
def waiting() -> Table:
    return table_of(waiting_ladder())


def words(text: str) -> str:
    """A rendering without its markup, and with single blanks."""
    return " ".join(re.sub(r"<[^>]*>|\\(?=[^a-z])", " ", unescape(text)).replace("$-$", "-").split())


def column(table: Table, title: str) -> list[str]:
    grid = next(grid for grid in grids(table) if title in grid.header)
    return [row[grid.header.index(title)].text for row in grid.rows]


def test_each_row_shows_its_trials_beside_its_costs(tuned: Table) -> None:
    rows = [row.scored.trials for row in (*tuned.rows, *tuned.left_out)]
    assert column(tuned, "trials") == [str(each) for each in rows]
    assert {0, 20} == set(rows)


def test_without_tuning_people_see_no_trials_and_machines_see_none(waiting: Table) -> None:
    assert not [grid for grid in grids(waiting) if "trials" in grid.header]
    assert {row["trials"] for row in records(waiting) if row["verdict"] != "unplanned"} == {0}
    assert json.loads(as_json(waiting))["tuning"] == []


def test_trials_are_shown_where_no_cost_is_known() -> None:
    plan = tuned_ladder()
    table = judged(plan, results_of(plan, SCORES).assign(train_seconds=math.nan))
    assert column(table, "trials") == ["0", "0", "0", "20"]


@pytest.mark.parametrize("form", PEOPLE)
def test_every_form_for_people_says_what_tuning_was_worth(tuned: Table, form: str) -> None:
    text = words(PEOPLE[form](tuned))
    for part in (
        "Tuning + OneCycle: accuracy on validation, points",
        "20 trials (3 pruned, 1 failed) of 2 replicates each by tpe, pruned by median",
        "92.34 in trial 7, the best of 20 and optimistic",
        "the recipe's own values: 91.02 (+1.32 by tuning)",
        "tuning optimizer.lr was worth +1.20 points",
        "on validation, which may be nothing",
    ):
        assert part in text


def test_a_setting_shows_its_values_its_share_and_its_worth(tuned: Table) -> None:
    grid = grids(tuned)[-1]
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["optimizer.lr", "0.002412", "0.001", ".61 [.40, .80]", "+1.20 [+0.30, +2.40]"],
        ["loss.gamma", "1.431", "2", ".21 [.05, .40]", "+0.40 [-0.30, +1.10]"],
        ["loss.alpha", "null", "null", ".10 [.00, .30]", "-"],
        ["augment.policy", "a, b", "-", "-", "-"],
    ]


def notes_of(**changes: object) -> str:
    plan = dataclasses.replace(tuned_ladder(), tuned=(tuned_of(**changes),))
    return "\n".join(grids(table_of(plan))[-1].notes)


def test_too_few_trials_tell_nothing_of_single_settings() -> None:
    assert "too few trials to tell what each setting was worth" in notes_of(importances=())


def test_an_own_trial_without_a_score_is_reported() -> None:
    assert "the recipe's own values were not scored" in notes_of(own_score=math.nan)


def test_a_worth_without_bounds_says_so() -> None:
    told = notes_of(importances=(Importance("loss.gamma", 0.5, math.nan, math.nan, 0.01, math.nan, math.nan),))
    assert "tuning loss.gamma was worth +1.00 points on validation, how surely is not known" in told


def test_no_pruner_is_not_reported() -> None:
    assert "pruned by" not in notes_of(pruner="none")


def test_every_row_of_equal_tuning_has_its_study() -> None:
    table = table_of(each_ladder(8, 8, 8))
    titles = [grid.title for grid in grids(table)]
    assert [title for title in titles if title.startswith("Tuning")] == [
        f"Tuning {name}: accuracy on validation, points" for name in ("baseline", "+ Focal loss", "+ OneCycle")
    ]
    assert [(row["trials"], row["study"]) for row in records(table)] == [
        (8, f"golden: each {name}") for name in ("baseline", "+ Focal loss", "+ OneCycle")
    ]


def test_csv_and_json_hold_the_numbers_of_the_study(tuned: Table) -> None:
    row = next(row for row in csv.DictReader(io.StringIO(as_csv(tuned))) if row["name"] == "+ Final tuning")
    assert [row[name] for name in ("trials", "study", "val_best", "val_own")] == [
        *("20", "golden: + OneCycle", "92.34", "91.02")
    ]
    (study,) = json.loads(as_json(tuned))["tuning"]
    assert (study["best_score"], study["own_score"], study["gain"]) == (92.34, 91.02, 1.32)
    assert (study["trials"], study["pruned"], study["failed"]) == (20, 3, 1)
    assert study["best"] == tuned_of().values
    assert study["settings"][2] == {
        **{"path": "loss.alpha", "best": None, "own": None},
        **{"share": 0.1, "share_low": 0.0, "share_high": 0.3, "worth": None, "worth_low": None, "worth_high": None},
    }


@pytest.mark.parametrize("form", formats())
def test_a_rung_that_waits_ends_the_ladder_of_every_form(waiting: Table, form: str) -> None:
    text = words(formats()[form].render(waiting, None))
    assert "unplanned" in text
    assert "+ Final tuning" in text
    assert "ablation tune x.yaml" in text


def test_a_rung_that_waits_has_no_numbers(waiting: Table) -> None:
    assert [cell.text for cell in grids(waiting)[0].rows[-1]] == [
        *("+ Final tuning", "-", "-", "-", "-", "", "-", "unplanned")
    ]
    *ladder, last = json.loads(as_json(waiting))["ladder"]
    assert last.keys() == ladder[0].keys()
    told = {key for key, value in last.items() if value is not None}
    assert told == {"experiment", "section", "name", "rung", "control", "metric", "unit", "verdict", "why"}
    assert "unplanned" in fragment(waiting)


def test_what_is_tuned_keeps_to_the_width_of_plain_text(tuned: Table, waiting: Table) -> None:
    for table in (tuned, waiting):
        assert max(map(len, plain(table).splitlines())) <= 120


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0024123456789, "0.002412"), (2.0, "2"), (1e-7, "1e-07"), (3, "3"), (None, "null"), (True, "true"), ("a", "a")],
)
def test_tables_round_to_four_digits(value: object, text: str) -> None:
    assert rounded(value) == text


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
NAMES = st.text("abcdefghij_", min_size=1, max_size=6)
PATCHES = st.recursive(
    st.dictionaries(NAMES, LEAVES | st.lists(LEAVES, max_size=3), max_size=3),
    lambda inner: st.dictionaries(NAMES, inner | LEAVES, max_size=3),
    max_leaves=6,
)


@given(PATCHES)
def test_a_patch_reads_back_to_the_last_bit(patch: dict[str, object]) -> None:
    assert parse_value(patch_flow(patch), "here") == patch
    if patch:
        assert parse_value(f"patch:\n{patch_block(patch, 2)}", "here") == {"patch": patch}


def test_a_comma_a_colon_and_a_null_survive_pasting() -> None:
    patch = {"a": {"b": "x, y: z", "c": None, "d": "1e-3", "e": [1, {"name": None}]}}
    assert yaml.safe_load(patch_flow(patch)) == patch
