"""Histories of trainings, healthy and ill, for diagnoses."""

from __future__ import annotations

from ablation.analysis.diagnosis.diagnose import diagnose
from ablation.recipe.recipe import Recipe

NAMES = ("angry", "happy", "sad", "surprised")


STUCK = {
    "data": {"source": "digits", "image_size": 32},
    "model": {"backbone": {"name": "small_cnn", "conv_dropout": 0.25}, "head": {"name": "linear", "dropout": 0.5}},
    "loss": {"name": "cross_entropy", "label_smoothing": 0.1},
    "balance": {"class_weights": "balanced", "sampling": "weighted", "power": 0.5, "least": 0.5, "most": 1.5},
    "optimizer": {"name": "adamw", "lr": 0.0005},
    "train": {"clip_norm": 1.0},
}
"""Document 004's configuration before it was mended."""


def resolved(given: dict) -> dict:
    return Recipe.model_validate(given).model_dump(mode="json")


def record(epoch: int, **changes: float) -> dict[str, float]:
    """An epoch of a healthy training of four classes."""
    good = 1 - 0.6 * 0.7**epoch
    scores = {"train/accuracy": good - 0.03, "train/clean_accuracy": good, "gap": 0.02, "val/accuracy": good - 0.02}
    losses = {"train/loss": 1.2 * 0.8**epoch + 0.1, "val/loss": 1.2 * 0.8**epoch + 0.15}
    norms = {"grad_norm": 1.5, "grad_norm/backbone.stem": 0.5, "grad_norm/backbone.layer1": 0.7, "grad_norm/head": 1.0}
    by_class = {f"val/class_accuracy/{name}": good - 0.02 for name in NAMES}
    shares = {f"val/predicted_share/{name}": 0.25 for name in NAMES}
    healthy = {"epoch": epoch, "lr": 1e-3, **losses, **scores, "val/balanced_accuracy": good - 0.02, **norms}
    return {**healthy, **by_class, **shares, **changes}


def one_class(epoch: int, share: float = 0.98) -> dict[str, float]:
    rest = (1 - share) / (len(NAMES) - 1)
    shares = {f"val/predicted_share/{name}": share if name == "happy" else rest for name in NAMES}
    found = {f"val/class_accuracy/{name}": 0.99 if name == "happy" else 0.01 for name in NAMES}
    scores = {"val/accuracy": 0.4, "val/balanced_accuracy": 0.255, "train/clean_accuracy": 0.41, "gap": 0.01}
    return record(epoch, **shares, **found, **scores, **{"train/loss": 1.38, "val/loss": 1.4})


def kinds(history, recipe=STUCK) -> list[str]:
    return [each.kind for each in diagnose(history, recipe)]


def only(history, recipe=STUCK):
    found = diagnose(history, recipe)
    assert len(found) == 1, found
    return found[0]
