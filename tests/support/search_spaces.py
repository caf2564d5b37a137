"""Search spaces of a row, for tests."""

from __future__ import annotations

from typing import Any

import pytest

from ablation.errors import UserError
from ablation.experiment.config.search import TuneSettings
from ablation.experiment.search.parameters import suggested
from ablation.experiment.search.resolve_space import resolve_space
from ablation.experiment.search.space import SearchSpace
from ablation.recipe.recipe import Recipe

DIGITS: dict[str, Any] = {
    "data": {"source": "digits", "image_size": 16},
    "model": {"backbone": "small_cnn", "head": {"name": "linear", "dropout": 0.2}},
    "loss": {"name": "cross_entropy", "label_smoothing": 0.05},
    "balance": {"class_weights": "balanced"},
    "optimizer": {"name": "adamw", "lr": 1e-3},
    "train": {"epochs": 4},
}


FOCAL = {"name": "focal", "gamma": 2.0, "alpha": 0.25}


def recipe(**sections: Any) -> Recipe:
    return Recipe.model_validate(DIGITS | sections)


def span(low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"low": low, "high": high, **more}


def choices(*listed: Any) -> dict[str, Any]:
    return {"choices": list(listed)}


def resolved(space: dict[str, Any], row: Recipe | None = None, **tune: Any) -> SearchSpace:
    asked = TuneSettings.model_validate({"space": space, **tune})
    return resolve_space(asked, row or recipe(), "digits.yaml: tune")


def refusal(space: dict[str, Any], row: Recipe | None = None, **tune: Any) -> str:
    with pytest.raises(UserError) as caught:
        resolved(space, row, **tune)
    return str(caught.value).removeprefix("digits.yaml: tune.space")


def own_values(space: SearchSpace, row: Recipe) -> dict[str, Any]:
    return suggested(space, row, lambda parameter: parameter.own)
