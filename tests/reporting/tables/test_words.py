"""The verdict in words says what the table found, and no more."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ladders import holed, judged, plan_of, results_of

from ablation.experiment.config.promise_values import Promise
from ablation.experiment.planning.plan import Rung
from ablation.reporting.tables.words import headline


def test_the_golden_ladder_is_reported_in_four_lines(golden):
    assert headline(golden) == (
        "Helps: aug +2.02 [+1.70, +2.34]",
        "Helps a little, no more than the margin of 2 points: ema +0.50 [+0.20, +0.80]",
        "Makes no difference worth having (within ±2 points): ls +0.17 [-0.11, +0.45]",
        "In all: +2.68 [+2.27, +3.10] points over the baseline, a gain",
    )


def test_a_missing_run_forbids_the_verdict_first_of_all(golden_plan, golden_results):
    first, *rest = headline(judged(golden_plan, holed(golden_results, "+ ls", 1)))
    assert first == "NO VERDICT: + ls: 5 of 6 runs finished"
    assert rest[:2] == ["What is missing is trained by:", "ablation run x.yaml"]
    assert rest[2:] == ["In all: +2.68 [+2.27, +3.10] points over the baseline, as measured, which is no claim"]


def test_many_problems_are_counted_and_not_all_listed(golden_plan, golden_results):
    lines = headline(judged(golden_plan, golden_results.iloc[:0]))
    assert lines[3:] == ("NO VERDICT: and 1 more", "What is missing is trained by:", "ablation run x.yaml")


def table_with(gains, replicates=6, **changes):
    """Two rows a gain apart, replicate by replicate."""
    plan = dataclasses.replace(plan_of([Rung("new", (), ())], replicates), **changes)
    base = 80 + np.linspace(0, 1, replicates)
    return judged(plan, results_of(plan, {"baseline": base, "+ new": base + np.resize(gains, replicates)}))


@pytest.mark.parametrize(
    ("gains", "start"),
    [
        ([3.0, 3.5], "Helps: new +3.25"),
        ([1.0, 1.2], "Helps a little, no more than the margin of 2 points: new +1.10"),
        ([-3.0, -3.5], "Hurts: new -3.25"),
        ([-1.0, -1.2], "Hurts a little, no more than the margin of 2 points: new -1.10"),
        ([-0.1, 0.1], "Makes no difference worth having (within ±2 points): new +0.00"),
        ([-6.0, 7.0], "Inconclusive: new +0.50"),
    ],
)
def test_each_word_has_its_line(gains, start):
    assert headline(table_with(gains))[0].startswith(start)


def test_what_is_inconclusive_says_what_it_would_take_and_never_no_effect():
    line = headline(table_with([-6.0, 7.0]))[0]
    assert "more replicates, or more test images, to find 2" in line
    assert "no effect" not in line


def test_few_runs_claim_nothing():
    first, last = headline(table_with([3.0, 3.5], replicates=4))
    assert first == "Too few runs to claim anything of any rung: 4 replicates, 5 at least"
    assert last.endswith("which is no claim")
    assert headline(table_with([3.0], replicates=1))[0].endswith(": 1 replicate, 5 at least")


def test_a_whole_that_may_be_nothing_says_so():
    assert headline(table_with([-6.0, 7.0]))[-1].endswith("over the baseline, which may be nothing at all")


@pytest.mark.parametrize(("goal", "word"), [(80, "reached"), (90, "missed"), (82.7, "cannot tell")])
def test_the_target_is_reported_with_what_was_measured(golden_plan, golden_results, goal, word):
    plan = dataclasses.replace(golden_plan, target=Promise("accuracy", "level", goal, goal, ""))
    line = headline(judged(plan, golden_results))[-1]
    assert line.endswith(f"; target accuracy of {goal:g} {word} (82.72 [82.32, 83.11])")


def test_another_metric_explores_and_says_so(golden_plan, golden_results):
    table = judged(golden_plan, golden_results, "macro_f1")
    assert headline(table)[0] == "Exploring by macro F1: claims stand on accuracy, the declared metric"


def test_a_silenced_metric_says_why(golden_plan, golden_results):
    data = {**golden_plan.dataset, "counts": {**golden_plan.dataset["counts"], "test": [4, 400]}}
    table = judged(dataclasses.replace(golden_plan, dataset=data), golden_results, "balanced_accuracy")
    assert any(line.startswith("No verdict: class a has 4 test images") for line in headline(table))
