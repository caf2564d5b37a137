"""Each problem of gradients is found, and no other."""

from __future__ import annotations

import math

import pytest
from histories import STUCK, kinds, only, record

from ablation.analysis.diagnosis.history import LASTING


@pytest.mark.parametrize("norms", [{"grad_norm": 1e-7}, {"grad_norm/backbone.stem": 1e-5}])
def test_small_or_fading_gradients_vanish_while_there_is_something_to_learn(norms):
    scores = {"train/clean_accuracy": 0.5, "val/accuracy": 0.5, "val/balanced_accuracy": 0.5}
    assert kinds([record(e, **norms, **scores) for e in range(1, 6)]) == ["vanishing_gradients"]
    assert kinds([record(e, **norms, **{"train/clean_accuracy": 0.99}) for e in range(1, 6)]) == []


def test_a_head_alone_has_no_layers_to_fade_between():
    history = [record(e, **{"train/clean_accuracy": 0.5}) for e in range(1, 6)]
    for each in history:
        del each["grad_norm/backbone.stem"], each["grad_norm/backbone.layer1"]
    assert kinds(history) == []


def test_gradients_explode_by_growth_by_clipping_and_by_leaving_the_numbers():
    calm = [record(e) for e in (1, 2, 3, 4)]
    grown = only([*calm, *(record(e, grad_norm=1e4) for e in (5, 6, 7))], {})
    assert (grown.kind, grown.epoch) == ("exploding_gradients", 5)
    cut = only([record(e, grad_norm=37.0) for e in range(1, 6)])
    assert (cut.sign, cut.facts) == ("norm_over_clip", {"norm": 37.0, "bound": 1.0})
    assert cut.patch == {"train": {"clip_norm": 5.0}}
    assert only([*calm, record(5, grad_norm=math.inf)]).epoch == 5
    assert kinds([record(1, grad_norm=math.nan)]) == ["exploding_gradients"]


def test_a_gradient_scaler_may_find_its_scale_first():
    scaled = {"train": {"precision": "fp16", "clip_norm": None}}
    bad = [record(e, grad_norm=math.nan) for e in (1, 2, 3)]
    assert kinds(bad[: LASTING - 1], scaled) == []
    assert kinds(bad, scaled) == ["exploding_gradients"]


def test_a_loss_that_is_no_number_has_diverged_at_once():
    found = only([record(1), record(2, **{"train/loss": math.nan, "val/loss": math.inf})])
    assert (found.kind, found.epoch) == ("diverged", 2)
    assert found.patch == {"optimizer": {"lr": 5e-05}}
    unclipped = {**STUCK, "train": {"clip_norm": None}}
    assert only([record(1, **{"train/loss": math.inf})], unclipped).patch["train"] == {"clip_norm": 5.0}
