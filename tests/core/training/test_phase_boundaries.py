"""Where one phase ends and another begins: what is taken over, what begins anew, what a prediction is made with."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench, Patch, StoppedError, assert_equal, predictions, same_weights, stopping_after

from ablation.core.prediction import trained_model
from ablation.recipe.merge import merged

LARGER = {"data": {"image_size": 16}}


def test_a_phase_begins_at_its_own_learning_rate(bench: Bench) -> None:
    schedule = {"name": "cosine"}
    phases = {"slower": {"start": 2, "patch": {"optimizer": {"lr": 1e-3}}}}
    history = bench.train("slower", {"schedule": schedule, "train": {"epochs": 4}, "phases": phases}).history
    assert [record["lr"] for record in history] == pytest.approx([3e-3, 1.5e-3, 1e-3, 0.5e-3])


NO_CHANGE: Patch = {
    "schedule": {"name": "cosine"},
    "train": {"epochs": 4},
    "phases": {"again": {"start": 3, "patch": {"loss": {"label_smoothing": 0.0}}}},
}
"""As after leaving out the rung that made the phase a change."""


def test_a_phase_that_comes_to_no_change_begins_its_schedule_like_any_other(bench: Bench) -> None:
    rates = [record["lr"] for record in bench.train("again", NO_CHANGE).history]
    assert rates[3] == rates[0] == 3e-3
    bench.train("strict", {**NO_CHANGE, "schedule": "onecycle"})  # takes no step more than it was made for


def test_it_resumes_exactly_too(bench: Bench) -> None:
    whole = bench.train("whole", NO_CHANGE)
    workspace = bench.workspace("stopped", checkpoint_seconds=0.0)
    for last in (1, 2, 3, 4):
        with pytest.raises(StoppedError):
            bench.run_train(bench.task(NO_CHANGE), workspace, stopping_after(last))
    assert_equal(bench.run_train(bench.task(NO_CHANGE), workspace), whole)


def test_a_phase_whose_condition_comes_true_with_the_last_epoch_changes_no_prediction(bench: Bench) -> None:
    plainly: Patch = {"train": {"epochs": 2}}
    plain = bench.train("plain", plainly)
    before, last = (record["val/accuracy"] for record in plain.history)
    assert before < last
    start = {"epoch": 1, "metric": "accuracy", "above": 100 * last - 0.01}
    patch = merged(plainly, {"phases": {"late": {"start": start, "patch": LARGER}}})
    trained = bench.train("trained", patch)
    assert same_weights(trained.weights, plain.weights)
    found, expected = (predictions(bench.predict(trained, each)) for each in (patch, plainly))
    assert found["probabilities"].tobytes() == expected["probabilities"].tobytes()


def test_predictions_are_made_at_the_last_phases_image_size(bench: Bench) -> None:
    patch = {"train": {"epochs": 3}, "phases": {"larger": {"start": 2, "patch": LARGER}}}
    trained = bench.train("trained", patch)
    folder = bench.predict(trained, patch, split="val")
    training = bench.training(LARGER)
    images, _ = training.loader.batch(training.split.val, 0, 0, 0)
    model = trained_model(training.task, trained.folder / "weights.safetensors", 10)
    with torch.no_grad():
        expected = model(images).softmax(1).numpy()
    np.testing.assert_allclose(predictions(folder)["probabilities"], expected, atol=1e-6)
    outcome = json.loads((folder / "outcome.json").read_text())
    assert outcome["metrics"]["accuracy"] == trained.history[-1]["val/accuracy"]


def test_of_two_phases_at_once_either_can_reset_the_optimizer(bench: Bench) -> None:
    def patch(first: str, second: str) -> dict[str, Any]:
        phases = {
            "a": {"start": 1, "patch": {"loss": {"label_smoothing": 0.1}}, "optimizer_state": first},
            "b": {"start": 1, "patch": {"mix": "mixup"}, "optimizer_state": second},
        }
        return {"train": {"epochs": 2}, "phases": phases}

    found = {
        (first, second): bench.train(f"{first}-{second}", patch(first, second)).weights
        for first in ("keep", "fresh")
        for second in ("keep", "fresh")
    }
    assert not same_weights(found["keep", "keep"], found["fresh", "fresh"])
    assert same_weights(found["fresh", "keep"], found["fresh", "fresh"])
    assert same_weights(found["keep", "fresh"], found["fresh", "fresh"])
