from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin_plan import standin_plan
from standin_store import finish, finished

from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import collect, epochs_to_best, status_of, training_costs
from ablation.metrics.registry import known_metrics
from ablation.stage import OUTCOME


def test_a_finished_plan_gives_one_full_row_a_run(tmp_path: Path) -> None:
    plan = standin_plan(variants=3, replicates=2)
    store = finished(plan, tmp_path)
    frame = collect(plan, store)
    assert list(zip(frame["variant"], frame["replicate"], strict=True)) == [
        (run.variant, run.replicate) for run in plan.runs
    ]
    assert set(frame["status"]) == {"finished"}
    for run, accuracy in zip(plan.runs, frame["test/accuracy"], strict=True):
        kept = store.predictions(run.test)
        assert accuracy == np.mean(kept.probabilities.argmax(axis=1) == kept.labels)
    assert (frame["train_seconds"].tolist(), frame["epochs"].tolist()) == ([1.0] * 6, [3] * 6)
    assert (frame["images_per_second"].tolist(), frame["peak_memory_mb"].tolist()) == ([30.0] * 6, [100.0] * 6)
    assert set(frame["latency_ms_1"]) == {1.5}


def test_the_columns_are_the_same_whatever_has_been_run(tmp_path: Path) -> None:
    plan = standin_plan()
    empty, full = collect(plan, ContentStore(tmp_path / "empty")), collect(plan, finished(plan, tmp_path / "full"))
    assert list(empty.columns) == list(full.columns)
    assert [name for name in empty.columns if name.startswith("test/")] == [f"test/{name}" for name in known_metrics()]


def test_what_is_not_there_is_missing_and_has_no_numbers(tmp_path: Path) -> None:
    frame = collect(standin_plan(), ContentStore(tmp_path / "none"))
    assert set(frame["status"]) == {"missing"}
    assert frame.drop(columns=["variant", "replicate", "status", "reason"]).isna().all(axis=None)
    assert not (tmp_path / "none").exists()


def test_a_run_without_its_predictions_is_missing(tmp_path: Path) -> None:
    plan, store = standin_plan(), ContentStore(tmp_path)
    finish((stage for stage in plan.stages.values() if stage.kind == "train"), store)
    assert {status_of(run, store) for run in plan.runs} == {("missing", "")}


@pytest.mark.parametrize("kind", ["train", "val", "test"])
def test_a_failure_of_any_stage_fails_its_run_with_the_last_line_of_the_reason(tmp_path: Path, kind: str) -> None:
    plan, store = standin_plan(), ContentStore(tmp_path)
    run = plan.runs[1]
    store.fail(getattr(run, kind), "Traceback ...\nValueError: broken\n")
    assert status_of(run, store) == ("failed", "ValueError: broken")
    assert status_of(plan.runs[0], store)[0] == "missing"


def test_a_failed_measurement_of_latency_costs_no_run(tmp_path: Path) -> None:
    plan, store = standin_plan(), ContentStore(tmp_path)
    finish((stage for stage in plan.stages.values() if stage.kind != "latency"), store)
    store.fail(plan.runs[0].latencies[0], "no")
    frame = collect(plan, store)
    assert set(frame["status"]) == {"finished"}
    assert frame["latency_ms_1"].isna().all()


def retold(store: ContentStore, address: str, changes: Mapping[str, Any]) -> None:
    """Have a finished stage tell other figures; None takes one out."""
    told = store.outcome(address) | changes
    kept = {name: value for name, value in told.items() if value is not None}
    (store.folder(address) / OUTCOME).write_text(json.dumps(kept))


def test_costs_are_those_of_all_trainings_that_a_run_stands_on(tmp_path: Path) -> None:
    plan, store = standin_plan(variants=2), finished(standin_plan(variants=2), tmp_path)
    one, other = plan.runs[0], plan.runs[-1]
    retold(store, other.train, {"seconds": 3.0, "images": 90, "peak_memory_mb": 250.0})
    both = dataclasses.replace(one, needed=(*one.needed, other.train))
    assert training_costs(both, plan, store) == {"train_seconds": 4, "images_per_second": 30, "peak_memory_mb": 250}


def test_a_training_made_before_memory_was_measured_says_none(tmp_path: Path) -> None:
    plan, store = standin_plan(variants=2), finished(standin_plan(variants=2), tmp_path)
    one, other = plan.runs[0], plan.runs[-1]
    retold(store, one.train, {"peak_memory_mb": None, "images_per_second": None})
    both = dataclasses.replace(one, needed=(*one.needed, other.train))
    for run in (one, both):
        found = training_costs(run, plan, store)
        assert np.isnan(found["peak_memory_mb"])
        assert found["images_per_second"] == 30
    assert np.isnan(collect(plan, store)["peak_memory_mb"][0])


def test_a_run_that_had_nothing_left_to_train_has_no_speed(tmp_path: Path) -> None:
    plan, store = standin_plan(), finished(standin_plan(), tmp_path)
    retold(store, plan.runs[0].train, {"images": 0, "seconds": 0.0})
    assert np.isnan(training_costs(plan.runs[0], plan, store)["images_per_second"])


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40), st.sampled_from([0.0, 0.01, 0.05]))
def test_epochs_to_best_equal_a_count_in_whole_points(points: list[int], within: float) -> None:
    history = [{"epoch": number, "val/accuracy": each / 100} for number, each in enumerate(points, 1)]
    wanted = next(n for n, each in enumerate(points, 1) if each >= max(points) - round(100 * within))
    assert epochs_to_best(history, within) == wanted


def test_epochs_to_best_of_nothing_are_none() -> None:
    assert epochs_to_best([]) == 0
    assert epochs_to_best([{"epoch": 1, "val/accuracy": math.nan}]) == 0
