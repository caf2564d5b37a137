"""The record of an epoch against scikit-learn on the predictions of the validation split."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
import torch
from bench import Bench, predictions
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from ablation.core.prediction import trained_model
from ablation.core.training.validation import clean_sample
from ablation.recipe.monitor import WatchedName

WATCHED = get_args(WatchedName)


def test_a_record_is_what_scikit_learn_says_of_the_validation_predictions(bench: Bench) -> None:
    trained = bench.train("trained")
    found, record = predictions(bench.predict(trained, split="val")), trained.history[-1]
    labels, rows = found["labels"], found["probabilities"].astype(float)
    decisions = rows.argmax(1)
    assert record["val/accuracy"] == pytest.approx(metrics.accuracy_score(labels, decisions))
    assert record["val/balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(labels, decisions))
    assert record["val/macro_f1"] == pytest.approx(
        metrics.f1_score(labels, decisions, labels=np.unique(labels), average="macro", zero_division=0)
    )
    rows /= rows.sum(1, keepdims=True)
    assert record["val/loss"] == pytest.approx(metrics.log_loss(labels, rows, labels=range(10)), rel=1e-5)


def test_a_record_has_each_classs_accuracy_and_share_of_the_predictions(bench: Bench) -> None:
    trained = bench.train("trained")
    found, record = predictions(bench.predict(trained, split="val")), trained.history[-1]
    decisions = found["probabilities"].argmax(1)
    for digit in range(10):
        assert record[f"val/predicted_share/{digit}"] == pytest.approx(np.mean(decisions == digit))
        mine = decisions[found["labels"] == digit]
        assert record[f"val/class_accuracy/{digit}"] == pytest.approx(np.mean(mine == digit))
    assert sum(record[f"val/predicted_share/{digit}"] for digit in range(10)) == pytest.approx(1)


def test_the_gap_is_training_minus_validation_accuracy_both_on_images_as_they_are(bench: Bench) -> None:
    patch = {"augment": {"name": "enhanced"}, "mix": {"name": "mixup"}}
    trained, plain = bench.train("trained", patch), bench.training()
    record, ids = trained.history[-1], clean_sample(plain.split.train, len(plain.split.val))
    images, _ = plain.loader.batch(ids, 0, 0, 0)
    with torch.no_grad():
        logits = trained_model(plain.task, trained.folder / "weights.safetensors", 10)(images)
    expected = metrics.accuracy_score(plain.split.labels[ids], logits.argmax(1))
    assert record["train/clean_accuracy"] == pytest.approx(expected)
    assert record["gap"] == pytest.approx(expected - record["val/accuracy"])


@pytest.mark.parametrize("metric", WATCHED)
def test_whatever_steers_is_recorded_and_is_the_metric_of_the_final_prediction(bench: Bench, metric: str) -> None:
    trained = bench.train("trained", {"train": {"keep": "best", "keep_by": metric, "epochs": 1}})
    outcome = json.loads((bench.predict(trained, split="val") / "outcome.json").read_text())
    name = "log_loss" if metric == "loss" else metric
    assert trained.history[0][f"val/{metric}"] == pytest.approx(outcome["metrics"][name], rel=1e-5)
    assert math.isfinite(trained.history[0][f"val/{metric}"])


def test_a_record_holds_these_keys_and_plain_numbers(bench: Bench) -> None:
    record = bench.train("trained").history[0]
    always = {"epoch", "lr", "train/loss", "train/accuracy", "train/clean_accuracy", "gap", "grad_norm"}
    always |= {f"val/{name}" for name in ("loss", "accuracy", "balanced_accuracy", "macro_f1")}
    by_class = {f"val/{kind}/{digit}" for kind in ("class_accuracy", "predicted_share") for digit in range(10)}
    groups = {f"grad_norm/{name}" for name in ("backbone.0", "backbone.3", "backbone.6", "head")}
    assert set(record) == always | by_class | groups
    assert all(isinstance(value, float | int) for value in record.values())
    assert [name for name in record if name.startswith("grad_norm/")][-1] == "grad_norm/head"


@given(count=st.integers(1, 500), size=st.integers(1, 500))
def test_the_clean_sample_is_spread_over_the_training_images_without_repeats(count: int, size: int) -> None:
    ids = np.arange(count) * 3
    sample = clean_sample(ids, size)
    assert len(set(sample.tolist())) == len(sample) == min(count, size)
    assert set(sample.tolist()) <= set(ids.tolist())
    assert np.ptp(np.diff(sample)) <= 3 if len(sample) > 1 else True


EPOCH_WITHOUT_SKLEARN = """
import sys
import numpy as np
import ablation.core.execute
from ablation.metrics import Predicted
from ablation.metrics.registry import known_metrics, metrics_of_every_epoch

rows = np.random.default_rng(0).dirichlet(np.ones(3), 30).astype(np.float32)
seen = Predicted.of(rows, np.arange(30) % 3, positive=1)
assert all(np.isfinite(each.value(seen)) for each in (*metrics_of_every_epoch(), *known_metrics().values()))
print("sklearn" in sys.modules)
"""


@pytest.mark.slow
def test_a_worker_computes_an_epochs_metrics_without_scikit_learn() -> None:
    shown = subprocess.run([sys.executable, "-c", EPOCH_WITHOUT_SKLEARN], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
