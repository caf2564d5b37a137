"""How the numbers of a table were made, as one value."""

from __future__ import annotations

import dataclasses

import pandas as pd

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.conditions import Diverged, Records, conditions
from ablation.analysis.verdict.looks import single_look
from ablation.experiment.planning.plan import Plan
from ablation.metrics.registry import metric


def test_the_conditions_are_those_of_the_plan_and_its_runs(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    frame = golden_results.assign(diverged=golden_results["variant"] == "+ ls")
    made = conditions(Evidence(golden_plan, frame), metric("accuracy"), single_look(golden_plan), Records())
    assert made.diverged == (Diverged("+ ls", 6, 6),)
    assert (made.plan.margin, made.plan.replicates, made.with_examples, made.too_small) == (2.0, 6, False, None)
    assert dict(made.data.images) == {"train": 300, "val": 60, "test": 800}
    assert (made.data.name, made.data.classes, made.data.judged_on) == ("digits", 2, "test")


def test_a_class_that_is_too_small_is_named_for_the_metric_shown(
    golden_plan: Plan, golden_results: pd.DataFrame
) -> None:
    data = {**golden_plan.dataset, "counts": {**golden_plan.dataset["counts"], "test": [400, 3]}}
    evidence = Evidence(dataclasses.replace(golden_plan, dataset=data), golden_results)
    made = conditions(evidence, metric("macro_f1"), single_look(golden_plan), Records())
    assert made.too_small is not None
    assert (made.too_small.name, made.too_small.images) == ("b", 3)
