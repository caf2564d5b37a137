"""What is measured after each epoch, on images as they are: validation, and as many of the training images."""

from __future__ import annotations

import math

import numpy as np

from ablation.core.input.batches import Ids
from ablation.core.training.setup import Training
from ablation.metrics import scores
from ablation.recipe.model import Classifier
from ablation.recipe.monitor import Watched
from ablation.recipe.recipe import Recipe

ALWAYS: tuple[Watched, ...] = ("loss", "accuracy", "balanced_accuracy", "macro_f1")
"""The metrics of every epoch's record; those that the recipe steers by join them."""


def validate(training: Training, model: Classifier, watched: tuple[Watched, ...]) -> dict[str, float]:
    """The record's part that looks at validation.

    Keys: ``val/<metric>``; ``val/class_accuracy/<class>`` and ``val/predicted_share/<class>``, proportions in 0..1;
    ``train/clean_accuracy`` on a fixed sample of the training images, and ``gap``, that minus validation accuracy.
    """
    split, model = training.split, training.evaluated(model)
    labels, found = split.labels[split.val], training.predicted(model, split.val)
    record = {f"val/{name}": _score(name, found, labels) for name in watched}
    decisions, classes = found.argmax(axis=1), len(split.classes)
    recall = scores.class_accuracy(decisions, labels, classes)
    shares = scores.predicted_shares(decisions, classes)
    for number, name in enumerate(split.classes):
        if math.isfinite(recall[number]):
            record[f"val/class_accuracy/{name}"] = float(recall[number])
        record[f"val/predicted_share/{name}"] = float(shares[number])
    sample = clean_sample(split.train, len(split.val))
    clean = _score("accuracy", training.predicted(model, sample), split.labels[sample])
    return record | {"train/clean_accuracy": clean, "gap": clean - record["val/accuracy"]}


def watched_by(recipe: Recipe, monitored: Watched | None) -> tuple[Watched, ...]:
    """The metrics that a record needs: always the same ones, and those that the recipe steers by.

    Args:
        recipe: with its phases.
        monitored: what the schedule in force looks at, if it does.
    """
    settings = recipe.train
    steering = [phase.start.metric for phase in recipe.phases.values() if phase.start.is_conditional]
    steering += [settings.early_stopping.metric] if settings.early_stopping else []
    steering += [settings.keep_by] if settings.keep == "best" else []
    steering += [monitored] if monitored else []
    return tuple(dict.fromkeys((*ALWAYS, *steering)))


def clean_sample(train: Ids, size: int) -> Ids:
    """At most ``size`` training images, evenly spaced, the same in every epoch."""
    places = np.linspace(0, len(train) - 1, min(size, len(train)))
    return train[places.astype(np.int64)]


def _score(name: Watched, found: scores.Probabilities, labels: scores.Labels) -> float:
    metric = "log_loss" if name == "loss" else name
    return scores.evaluate((metric,), found, labels)[metric]
