"""The footer says how the numbers were made, from the table's values alone."""

from __future__ import annotations

import dataclasses

import pandas as pd
from ladders import holed, judged

from ablation.analysis.table.conditions import Diverged
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.looks import looks_of
from ablation.experiment.planning.plan import Plan
from ablation.reporting.texts.footer import footer


def with_conditions(table: Table, **changes: object) -> dict[str, str]:
    """The lines by their titles."""
    conditions = dataclasses.replace(table.conditions, **changes)  # type: ignore[arg-type]
    lines = footer(dataclasses.replace(table, conditions=conditions))
    return dict(line.split(": ", 1) for line in lines)  # type: ignore[misc]


def test_what_was_measured_how_is_there(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    lines = with_conditions(judged(golden_plan, golden_results))
    assert lines["Margin"] == "the smallest gain worth having is 2 points of accuracy."
    assert lines["Interval"].startswith("95 %, paired Student t over 6 replicates: ")
    assert lines["Data"] == (
        "digits (0123456789ab), 2 classes; 300 training, 60 validation, 800 test images in replicate 0."
    )
    assert lines["Versions"] == "torch 2.15.0."
    assert lines["Warning"].startswith("+ aug, its only replicate: overfitting")
    assert not {"Exploratory", "Few runs", "Diverged", "No verdict", "Looks", "Declared"} & set(lines)


def test_another_metric_explores_and_has_no_margin(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    lines = with_conditions(judged(golden_plan, golden_results, "log_loss"))
    assert lines["Exploratory"].startswith("the declared metric is accuracy; ")
    assert lines["Margin"].endswith("of accuracy; none is declared for this metric.")


def test_diverged_runs_are_counted_and_looks_said(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    plan = dataclasses.replace(golden_plan, looks=(6, 12))
    lines = with_conditions(
        judged(golden_plan, golden_results),
        diverged=(Diverged("+ ls", 1, 6), Diverged("+ ema", 2, 6)),
        looks=looks_of(plan, ()),
        plan=plan,
    )
    assert lines["Diverged"] == "+ ls (1 of 6); + ema (2 of 6) stay in the numbers."
    assert lines["Looks"].startswith("planned at 6 and 12 replicates")
    assert "alpha 0.025 at this look, of 0.05 in all" in lines["Claims"]
    assert lines["Protocol"].endswith("looks at 6, 12 replicates.")


def test_a_table_with_a_hole_has_a_footer_too(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    assert footer(judged(golden_plan, holed(golden_results, "+ ls", 1)))
