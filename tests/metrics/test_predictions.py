"""Predictions: their file, and the metrics of their decisions."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, f1_score

from ablation.metrics.predictions import Predictions


def made(seed: int, classes: int = 2, count: int = 60, sureness: float = 3.0) -> Predictions:
    """Predictions that know something, and are too sure of it."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=count)
    logits = rng.normal(size=(count, classes)) + 0.7 * np.eye(classes)[labels]
    return Predictions.of(softmax(sureness * logits, axis=1).astype(np.float32), labels, np.arange(count) * 2)


def test_predictions_survive_their_file_bit_for_bit(tmp_path: Path) -> None:
    found = dataclasses.replace(made(3), decisions=1 - made(3).decisions)
    found.save(tmp_path / "predictions.npz")
    again = Predictions.load(tmp_path / "predictions.npz")
    for field in dataclasses.fields(Predictions):
        one, other = getattr(again, field.name), getattr(found, field.name)
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


def test_hits_are_counted_by_the_decisions_and_f1_by_the_positive_class() -> None:
    found = dataclasses.replace(made(3), decisions=1 - made(3).decisions)
    scores = found.metrics(positive=0)
    assert scores["accuracy"] == pytest.approx(accuracy_score(found.labels, found.decisions))
    assert scores["f1"] == pytest.approx(f1_score(found.labels, found.decisions, pos_label=0))
    assert "f1" not in found.metrics(positive=None)
