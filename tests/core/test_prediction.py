from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench, predictions
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import accuracy_score, f1_score, log_loss
from torch import Tensor, nn

from ablation.core import execute
from ablation.core import task as task_module
from ablation.core.prediction import mean_predictions, postprocessed, probabilities
from ablation.metrics.predictions import Predictions
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.inference import InferenceSettings, Predictor


class Watched:
    """Images that note which of them are looked at."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self.images, self.seen = images, set[int]()

    def __getitem__(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        self.seen.update(ids.tolist())
        return self.images[ids]


@pytest.mark.parametrize("name", ["val", "test"])
def test_the_predictions_of_a_split_are_kept_whole(bench: Bench, name: str) -> None:
    split = bench.training().split
    folder = bench.predict(bench.train("trained"), split=name)
    found = predictions(folder)
    ids = getattr(split, name)
    np.testing.assert_array_equal(found["ids"], ids)
    np.testing.assert_array_equal(found["labels"], split.labels[ids])
    assert found["probabilities"].shape == (len(ids), 10)
    assert found["probabilities"].dtype == np.float32
    np.testing.assert_allclose(found["probabilities"].sum(1), 1, atol=1e-6)


def test_the_outcome_holds_the_metrics_of_the_kept_predictions(bench: Bench) -> None:
    folder = bench.predict(bench.train("trained"))
    found, outcome = predictions(folder), json.loads((folder / "outcome.json").read_text())
    labels, rows = found["labels"], found["probabilities"].astype(float)
    assert outcome["images"] == len(labels)
    assert outcome["metrics"]["accuracy"] == pytest.approx(accuracy_score(labels, rows.argmax(1)))
    rows /= rows.sum(1, keepdims=True)
    assert outcome["metrics"]["log_loss"] == pytest.approx(log_loss(labels, rows, labels=range(10)), rel=1e-4)


def test_the_last_validation_of_a_training_is_the_prediction_of_the_validation_split(bench: Bench) -> None:
    trained = bench.train("trained")
    outcome = json.loads((bench.predict(trained, split="val") / "outcome.json").read_text())
    assert outcome["metrics"]["accuracy"] == trained.history[-1]["val/accuracy"]
    assert outcome["metrics"]["log_loss"] == pytest.approx(trained.history[-1]["val/loss"], rel=1e-5)


def test_training_never_looks_at_a_test_image(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[Watched] = []
    load = task_module.load_dataset

    def watch(*where: Any) -> Dataset:
        dataset = load(*where)
        watched.append(Watched(dataset.images))
        return dataclasses.replace(dataset, images=watched[-1])  # type: ignore[arg-type]

    split = bench.training().split
    monkeypatch.setattr(task_module, "load_dataset", watch)
    trained = bench.train("watched", {"augment": {"name": "basic"}})
    assert watched[0].seen == {*split.train.tolist(), *split.val.tolist()}
    assert not watched[0].seen & set(split.test.tolist())
    bench.predict(trained)
    assert watched[1].seen == set(split.test.tolist())


def test_views_are_averaged_and_the_batch_size_changes_nothing(bench: Bench) -> None:
    trained = bench.train("trained")
    plain, flipped, both, small = (
        predictions(bench.predict(trained, {"inference": {"tta": tta, "batch_size": size}}))["probabilities"]
        for tta, size in ((["identity"], 256), (["hflip"], 256), (["identity", "hflip"], 256), (["identity"], 7))
    )
    np.testing.assert_allclose(both, (plain + flipped) / 2, atol=1e-6)
    np.testing.assert_allclose(small, plain, atol=1e-6)


class Broken(nn.Module):
    """Gives a logit that is no number for every second image."""

    def forward(self, images: Tensor) -> Tensor:
        logits = torch.zeros(len(images), 4)
        logits[::2, 1] = torch.nan
        logits[1::2, 2] = 9.0
        return logits


def test_rows_that_are_no_numbers_become_a_guess_and_the_others_stay(bench: Bench) -> None:
    training = bench.training()
    predictor = Predictor.of(Broken(), training.task.recipe.data, InferenceSettings())
    rows = probabilities(predictor, training.pixels, np.arange(6), 4)
    np.testing.assert_array_equal(rows[::2], np.float32(0.25))
    assert (rows[1::2].argmax(1) == 2).all()


def made(seed: int, classes: int = 2, count: int = 60, sureness: float = 3.0) -> Predictions:
    """Predictions that know something, and are too sure of it."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=count)
    logits = rng.normal(size=(count, classes)) + 0.7 * np.eye(classes)[labels]
    return Predictions.of(softmax(sureness * logits, axis=1).astype(np.float32), labels, np.arange(count) * 2)


def like(first: Predictions, seed: int) -> Predictions:
    """Another model's word on the same images."""
    other = made(seed, first.probabilities.shape[1], len(first.ids))
    return Predictions.of(other.probabilities, first.labels, first.ids)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_an_average_is_the_naive_mean(count: int) -> None:
    first = made(0, classes=4)
    members = [first, *(like(first, seed) for seed in range(1, count))]
    found = mean_predictions(members)
    for image in range(len(first.ids)):
        for label in range(4):
            naive = sum(float(each.probabilities[image, label]) for each in members) / count
            assert found.probabilities[image, label] == pytest.approx(naive, rel=1e-6)
        assert found.decisions[image] == found.probabilities[image].argmax()
    assert np.array_equal(found.labels, first.labels)
    assert np.array_equal(found.ids, first.ids)


def test_predictions_of_other_images_are_not_averaged() -> None:
    with pytest.raises(AssertionError, match="different images"):
        mean_predictions([made(0), made(0, count=59)])


def best_by_brute_force(validation: Predictions) -> float:
    """Best F1 of the second class over all thresholds."""
    scores = validation.probabilities[:, 1]
    return max(f1_score(validation.labels, scores >= bar, zero_division=0) for bar in {0.5, *scores})


def test_the_threshold_is_the_best_on_validation_and_decides_the_test_images() -> None:
    validation, found = made(1), made(2)
    changed, chosen = postprocessed(found, validation, "none", "best_f1", positive=1)
    decided = validation.probabilities[:, 1] >= chosen["threshold"]
    assert f1_score(validation.labels, decided) == pytest.approx(best_by_brute_force(validation))
    assert np.array_equal(changed.decisions, (found.probabilities[:, 1] >= chosen["threshold"]).astype(int))
    assert np.array_equal(changed.probabilities, found.probabilities)
    assert set(chosen) == {"threshold"}


def test_the_temperature_is_the_best_of_a_grid_on_validation() -> None:
    validation, found = made(1, classes=4), made(2, classes=4)
    changed, chosen = postprocessed(found, validation, "temperature", "argmax", positive=None)

    def at(each: Predictions, heat: float) -> np.ndarray:
        return softmax(np.log(each.probabilities.astype(float)) / heat, axis=1)

    def loss(heat: float) -> float:
        return -float(np.log(at(validation, heat)[np.arange(60), validation.labels]).mean())

    heats = np.geomspace(0.1, 10, 2000)
    best = heats[np.argmin([loss(heat) for heat in heats])]
    assert chosen["temperature"] == pytest.approx(best, rel=5e-3)
    assert chosen["temperature"] > 1.5
    np.testing.assert_allclose(changed.probabilities, at(found, chosen["temperature"]), atol=1e-6)
    assert np.array_equal(changed.decisions, found.decisions)


def test_the_threshold_is_chosen_on_calibrated_probabilities() -> None:
    validation, found = made(1), made(2)
    both, chosen = postprocessed(found, validation, "temperature", "best_f1", positive=1)
    heated, _ = postprocessed(validation, validation, "temperature", "argmax", positive=None)
    cooled, _ = postprocessed(found, validation, "temperature", "argmax", positive=None)
    _, alone = postprocessed(cooled, heated, "none", "best_f1", positive=1)
    assert chosen["threshold"] == alone["threshold"]
    assert np.array_equal(both.probabilities, cooled.probabilities)


@pytest.mark.parametrize("positive", [0, 1])
def test_what_is_chosen_depends_on_validation_alone(positive: int) -> None:
    validation = made(1)
    chosen = [postprocessed(made(seed), validation, "temperature", "best_f1", positive)[1] for seed in (2, 3, 4)]
    assert chosen[0] == chosen[1] == chosen[2]


def test_without_calibration_and_threshold_nothing_changes() -> None:
    found = made(2)
    changed, chosen = postprocessed(found, made(1), "none", "argmax", None)
    assert changed is found
    assert chosen == {}


def left_by(bench: Bench, name: str, found: Predictions) -> Path:
    folder = bench.workspace(name).output
    found.save(folder / "predictions.npz")
    (folder / "outcome.json").write_text("{}")
    return folder


def test_the_stage_average_leaves_the_mean_and_its_metrics(bench: Bench) -> None:
    one = made(0)
    other = like(one, 1)
    inputs = {str(number): left_by(bench, f"member-{number}", each) for number, each in enumerate((one, other))}
    workspace = dataclasses.replace(bench.workspace("mean"), inputs=inputs)
    execute.execute("average", {"split": "test", "positive": 1}, workspace, lambda *_: None)
    found = Predictions.load(workspace.output / "predictions.npz")
    assert np.array_equal(found.probabilities, mean_predictions([one, other]).probabilities)
    outcome = json.loads((workspace.output / "outcome.json").read_text())
    assert (outcome["split"], outcome["images"]) == ("test", len(one.ids))
    assert outcome["metrics"]["f1"] == pytest.approx(f1_score(one.labels, found.decisions))


def test_the_stage_adjust_leaves_what_it_chose_beside_the_metrics_of_its_decisions(bench: Bench) -> None:
    validation, found = made(1), made(2)
    inputs = {"val": left_by(bench, "val", validation), "predictions": left_by(bench, "test", found)}
    workspace = dataclasses.replace(bench.workspace("adjusted"), inputs=inputs)
    task = {"split": "test", "positive": 1, "calibration": "temperature", "threshold": "best_f1"}
    execute.execute("adjust", task, workspace, lambda *_: None)
    outcome = json.loads((workspace.output / "outcome.json").read_text())
    expected, chosen = postprocessed(found, validation, "temperature", "best_f1", 1)
    assert {name: outcome[name] for name in ("temperature", "threshold")} == chosen
    assert outcome["metrics"]["f1"] == pytest.approx(f1_score(found.labels, expected.decisions))
    assert np.array_equal(Predictions.load(workspace.output / "predictions.npz").decisions, expected.decisions)
