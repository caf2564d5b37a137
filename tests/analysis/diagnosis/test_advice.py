"""Patches make valid recipes that are not patched again."""

from __future__ import annotations

import math

import pytest
from histories import STUCK, one_class, only, record, resolved

from ablation.analysis.diagnosis.diagnose import diagnose
from ablation.recipe.merge import merged

MINIMAL = {"data": {"source": "digits", "image_size": 32}, "model": {"backbone": "small_cnn"}}

RECIPES = {
    "stuck": STUCK,
    "minimal": MINIMAL,
    "mlp": {**MINIMAL, "model": {"backbone": "small_cnn", "head": {"name": "mlp", "norm": "none"}}},
    "sampler": {**MINIMAL, "balance": {"sampling": "weighted", "power": 0.5}, "loss": {"name": "focal"}},
    "clipped": {**MINIMAL, "train": {"clip_norm": 20.0}, "schedule": {"name": "onecycle"}},
}


ILL = {
    "one class": [one_class(e) for e in range(1, 7)],
    "faded": [record(e, **{"grad_norm/backbone.stem": 0.0, "train/clean_accuracy": 0.5}) for e in range(1, 7)],
    "exploding": [record(e, grad_norm=1e5 if e > 4 else 1.0) for e in range(1, 9)],
    "cut": [record(e, grad_norm=1e3) for e in range(1, 9)],
    "diverged": [record(1, **{"train/loss": math.nan})],
    "overfitting": [record(e, gap=0.3, **{"val/loss": e}) for e in range(1, 9)],
    "plateau": [record(1) | {"epoch": e, "train/clean_accuracy": 0.6, "train/loss": 0.9**e} for e in range(1, 15)],
}


def test_the_patch_for_what_does_not_learn_is_document_004s():
    flat = [record(e, **{"val/balanced_accuracy": 0.25, "train/loss": 1.4}) for e in range(1, 6)]
    recipe = resolved(STUCK)
    assert only(flat, recipe).patch == {
        "optimizer": {"lr": 0.001},
        "model": {"backbone": {"conv_dropout": 0.1}, "head": {"dropout": 0.3}},
        "loss": {"label_smoothing": 0.0},
        "train": {"clip_norm": 5.0},
    }
    stuck = {each.kind: each for each in diagnose([one_class(e) for e in range(1, 6)], recipe)}
    weights = stuck["one_class"].patch["balance"]
    assert weights == {"sampling": "shuffle", "power": 0.333, "least": 0.7, "most": 1.3}


@pytest.mark.parametrize("ill", ILL)
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_patch_makes_another_valid_recipe_and_is_not_advised_again(ill, recipe):
    before = resolved(RECIPES[recipe])
    found = diagnose(ILL[ill], before)
    assert found or (ill == "cut" and not before["train"]["clip_norm"])
    for each in found:
        if each.patch is None:
            continue
        after = resolved(merged(before, each.patch))
        assert after != before
        again = {key for key in each.patch if key not in ("optimizer", "model", "loss")}
        repeated = next(other.patch for other in diagnose(ILL[ill], after) if other.kind == each.kind)
        assert not again & set(repeated or {})


def test_the_mended_recipe_is_only_asked_for_another_rate():
    flat = [record(e, **{"val/balanced_accuracy": 0.25, "train/loss": 1.4}) for e in range(1, 6)]
    recipe = resolved(STUCK)
    mended = resolved(merged(recipe, only(flat, recipe).patch))
    assert only(flat, mended).patch == {"optimizer": {"lr": 0.002}}
