"""What runs say, read from kept predictions."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from standin_plan import standin_plan
from standin_store import finished

from ablation.analysis.comparison.comparison import IntervalRule
from ablation.analysis.comparison.evidence import Evidence
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import collect
from ablation.metrics.registry import known_metrics, metric
from ablation.stats.components import components
from ablation.stats.interval import wider_interval
from ablation.stats.paired import paired_t

PLAN = standin_plan(variants=3, replicates=5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ContentStore:
    return finished(PLAN, tmp_path_factory.mktemp("store"))


def evidence_of(store: ContentStore, plan: Plan = PLAN, results: pd.DataFrame | None = None) -> Evidence:
    frame = collect(plan, store) if results is None else results
    return Evidence(plan, frame, lambda run: store.predictions(run.test))


def correct(store: ContentStore, variant: str) -> np.ndarray:
    """Correctness (replicates, examples), in points, straight from the files."""
    kept = [store.predictions(run.test) for run in PLAN.runs_of(variant)]
    return np.array([100.0 * (each.decisions == each.labels) for each in kept])


@pytest.mark.parametrize("name", [name for name in known_metrics() if name != "f1"])
def test_an_arm_s_values_are_the_metric_of_each_replicate(store: ContentStore, name: str) -> None:
    scored_by = metric(name)
    arm = evidence_of(store, results=collect(PLAN, store).drop(columns=f"test/{name}")).level("+ rung 1", scored_by)
    assert arm is not None
    kept = [store.predictions(run.test) for run in PLAN.runs_of("+ rung 1")]
    expected = [scored_by.scale * scored_by.value(each.predicted(None)) for each in kept]
    assert arm.values == pytest.approx(expected)
    assert arm.has_examples


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "log_loss", "brier"])
def test_scores_of_examples_have_the_score_of_the_replicate_as_their_mean(store: ContentStore, name: str) -> None:
    frame = collect(PLAN, store).drop(columns=f"test/{name}")  # the stand-in writes one number for all metrics
    arm = evidence_of(store, results=frame).arm("+ rung 1", metric(name))
    assert arm is not None
    assert arm.examples is not None
    assert arm.examples.mean(axis=1) == pytest.approx(arm.values)


def test_a_contrast_of_two_rows_has_the_interval_of_their_difference(store: ContentStore) -> None:
    arm = evidence_of(store).contrast({"+ rung 1": 1.0, "baseline": -1.0}, metric("accuracy"))
    assert arm is not None
    differences = correct(store, "+ rung 1") - correct(store, "baseline")
    expected = wider_interval(components(differences).interval(), paired_t(differences.mean(axis=1)))
    found = IntervalRule.of(PLAN).interval(arm)
    assert [found.mean, found.low, found.high, found.p] == pytest.approx(
        [expected.mean, expected.low, expected.high, expected.p]
    )


def test_classes_are_strata_only_where_the_metric_weighs_them_alike(store: ContentStore) -> None:
    evidence = evidence_of(store)
    accuracy, balanced = (evidence.arm("baseline", metric(name)) for name in ("accuracy", "balanced_accuracy"))
    assert accuracy is not None
    assert balanced is not None
    assert accuracy.strata is None
    assert balanced.strata is not None
    assert balanced.strata.tolist() == [number % 3 for number in range(40)]


def test_the_accuracy_of_one_class_is_a_metric_too(store: ContentStore) -> None:
    evidence = evidence_of(store)
    metric = evidence.metric("class_accuracy/b")
    arm = evidence.arm("baseline", metric)
    assert arm is not None
    assert arm.values == pytest.approx(correct(store, "baseline")[:, 1::3].mean(axis=1))
    with pytest.raises(UserError, match="class_accuracy/b"):
        evidence.metric("class_accuracy/bb")


def test_a_hole_gives_no_arm_and_no_contrast(store: ContentStore) -> None:
    frame = collect(PLAN, store)
    frame.loc[(frame["variant"] == "+ rung 1") & (frame["replicate"] == 2), "status"] = "failed"
    evidence = evidence_of(store, results=frame)
    assert evidence.arm("+ rung 1", metric("accuracy")) is None
    assert evidence.contrast({"baseline": -1.0, "+ rung 1": 1.0}, metric("accuracy")) is None
    assert evidence.arm("baseline", metric("accuracy")) is not None


def test_redrawn_test_sets_have_no_examples_in_common(store: ContentStore) -> None:
    evidence = evidence_of(store, dataclasses.replace(PLAN, protocol="resampled"))
    arm = evidence.arm("baseline", metric("accuracy"))
    assert arm is not None
    assert not arm.has_examples


def test_rows_that_share_a_training_predict_the_same_and_others_do_not(store: ContentStore) -> None:
    evidence = evidence_of(store)
    shared = standin_plan(variants=3, replicates=5).ladder_rows
    assert evidence.same_predictions(shared[0], shared[1]) is False
    assert evidence.same_predictions(shared[1], shared[1]) is True


def test_on_a_device_that_does_not_compute_the_same_twice_nothing_is_said_of_sameness(tmp_path: Path) -> None:
    plan = standin_plan(variants=3, replicates=2)
    stages = {
        key: dataclasses.replace(stage, task={**stage.task, "device": "cuda:0"}) for key, stage in plan.stages.items()
    }
    variants = tuple(dataclasses.replace(each, recipe={"train": {"deterministic": False}}) for each in plan.variants)
    on_cuda = dataclasses.replace(plan, stages=stages, variants=variants)
    store = finished(plan, tmp_path)
    assert evidence_of(store, on_cuda).same_predictions("baseline", "baseline") is None
