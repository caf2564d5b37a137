from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench, predictions
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, log_loss
from torch import Tensor, nn

from ablation.core import task as task_module
from ablation.core.prediction.predict import probabilities
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
