"""What not every contestant can follow is refused."""

from __future__ import annotations

from typing import Any

import pytest
from bench import BASELINE

from ablation.bench.checks import beyond_peers, beyond_scripts, check
from ablation.errors import UserError
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe

CORE_ONLY: dict[str, dict[str, Any]] = {
    "phases": {"phases": {"late": {"start": {"epoch": 1}, "patch": {"optimizer": {"lr": 1e-4}}}}},
    "train.ema": {"train": {"ema": {}}},
    "train.early_stopping": {"train": {"early_stopping": {}}},
    "train.accumulate": {"train": {"accumulate": 2}},
    "train.keep": {"train": {"keep": "best"}},
    "schedule": {"schedule": {"name": "plateau"}},
    "model.trainable": {"model": {"trainable": "head"}},
    "inference.members": {"inference": {"members": 2}},
    "inference.ensemble_with": {"inference": {"ensemble_with": ["baseline"]}},
    "inference.calibration or inference.threshold": {"inference": {"calibration": "temperature"}},
}
SCRIPTS_TOO: dict[str, dict[str, Any]] = {
    "augment": {"augment": {"name": "basic"}},
    "mix": {"mix": {"name": "mixup"}},
    "train.clip_norm": {"train": {"clip_norm": 1.0}},
}


def recipe(patch: dict[str, Any]) -> Recipe:
    return Recipe.model_validate(merged(BASELINE, patch))


@pytest.mark.parametrize(("name", "patch"), CORE_ONLY.items())
def test_what_the_plain_loop_has_nothing_for_is_named(name: str, patch: dict[str, Any]) -> None:
    assert list(beyond_scripts(recipe(patch))) == [name]
    with pytest.raises(UserError, match="a row sets"):
        check("a row", beyond_scripts(recipe(patch)))


@pytest.mark.parametrize(("name", "patch"), SCRIPTS_TOO.items())
def test_what_only_scripts_follow_is_named(name: str, patch: dict[str, Any]) -> None:
    assert list(beyond_peers(recipe(patch))) == [name]
    check("a row", beyond_scripts(recipe(patch)))
    with pytest.raises(UserError, match="switch it off"):
        check("a row", beyond_peers(recipe(patch)))


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"inference": {"tta": ["identity", "shift"]}},
        {"loss": {"name": "focal"}},
        {"balance": {"sampling": "weighted"}},
    ],
)
def test_what_all_can_follow_passes(patch: dict[str, Any]) -> None:
    check("a row", beyond_peers(recipe(patch)))
