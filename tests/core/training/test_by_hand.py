"""Whole trainings against the same steps written out in plain torch, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from bench import Bench, Patch, same_weights
from by_hand import LR, ByHand, adamw, constant, cosine, sgd
from torch import nn

from ablation.core.training import setup as training_module
from ablation.recipe.merge import merged

OPTIMIZERS = {"adamw": adamw, "sgd": sgd}
MakeOptimizer = Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]
OFF: Patch = {
    "train": {"ema": None, "early_stopping": None, "keep": "last"},
    "phases": {},
    "inference": {"members": 1, "calibration": "none", "threshold": "argmax", "ensemble_with": []},
    "data": {"label_noise": 0.0, "positive_class": None},
    "model": {"trainable": "all", "attention": "none", "init": "torch", "bn_momentum": None},
}


@pytest.mark.parametrize("patch", [{}, OFF], ids=["nothing set", "everything set to off"])
def test_a_plain_training_is_the_plain_loop(bench: Bench, patch: Patch) -> None:
    hand = ByHand(bench)
    optimizer, inputs = adamw(hand.model.parameters()), hand.pixels(8)
    for number in range(2):
        hand.epoch(number, optimizer, inputs, constant())
    assert same_weights(bench.train("core", patch).weights, hand.model.state_dict())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_progressive_resizing_is_the_same_steps_by_hand(bench: Bench, name: str) -> None:
    patch = {
        "optimizer": {"name": name, "lr": LR},
        "schedule": "cosine",
        "train": {"epochs": 5},
        "phases": {"larger": {"start": 3, "patch": {"data": {"image_size": 16}, "train": {"batch_size": 8}}}},
    }
    hand = ByHand(bench)
    optimizer = OPTIMIZERS[name](hand.model.parameters())
    small, large = hand.pixels(8), hand.pixels(16)
    rates = cosine(3 * hand.steps())
    for number in range(3):
        hand.epoch(number, optimizer, small, rates)
    rates = cosine(2 * hand.steps(8))
    for number in (3, 4):
        hand.epoch(number, optimizer, large, rates, batch=8)
    assert same_weights(bench.train("core", patch).weights, hand.model.state_dict())


UNFREEZING: Patch = {
    "model": {"trainable": "head"},
    "schedule": "cosine",
    "train": {"epochs": 6},
    "phases": {
        "last block": {"start": 2, "patch": {"model": {"trainable": 1}}},
        "everything": {"start": 4, "patch": {"model": {"trainable": "all"}}},
    },
}


@pytest.mark.parametrize("cached", [True, False], ids=["features cached", "features not cached"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradual_unfreezing_is_the_same_steps_by_hand(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, cached: bool
) -> None:
    if not cached:
        monkeypatch.setattr(training_module, "gives_fixed_features", lambda recipe: False)
    hand = ByHand(bench)
    backbone, head, inputs = hand.model.backbone, hand.model.head, hand.pixels(8)
    body, optimizer = backbone.body, OPTIMIZERS[name](hand.model.head.parameters())

    backbone.requires_grad_(False).eval()
    rates = cosine(2 * hand.steps())
    features = {}
    if cached:
        everything = sorted({*hand.ids.tolist(), *hand.val.tolist()})
        with torch.no_grad():
            features = dict(zip(everything, backbone(inputs(everything)), strict=True))
    for number in (0, 1):
        if cached:
            hand.epoch(
                number, optimizer, lambda ids: torch.stack([features[each] for each in ids]), rates, network=head
            )
        else:
            hand.epoch(number, optimizer, inputs, rates)

    last = body[6:9].requires_grad_(True).train()
    optimizer.add_param_group({"params": list(last.parameters())})
    rates = cosine(2 * hand.steps())
    for number in (2, 3):
        hand.epoch(number, optimizer, inputs, rates)

    rest = body[:6].requires_grad_(True).train()
    optimizer.add_param_group({"params": list(rest.parameters())})
    rates = cosine(2 * hand.steps())
    for number in (4, 5):
        hand.epoch(number, optimizer, inputs, rates)

    patch = merged(UNFREEZING, {"optimizer": {"name": name, "lr": LR}})
    assert same_weights(bench.train("core", patch).weights, hand.model.state_dict())


def test_a_phase_with_fresh_optimizer_state_is_a_new_optimizer_by_hand(bench: Bench) -> None:
    patch = {
        "train": {"epochs": 4},
        "phases": {"again": {"start": 2, "patch": {"loss": {"label_smoothing": 0.1}}, "optimizer_state": "fresh"}},
    }
    hand = ByHand(bench)
    inputs = hand.pixels(8)
    for first, smoothing in ((0, 0.0), (2, 0.1)):
        optimizer = adamw(hand.model.parameters())
        for number in (first, first + 1):
            hand.epoch(number, optimizer, inputs, constant(), smoothing=smoothing)
    found = bench.train("core", patch).weights
    assert same_weights(found, hand.model.state_dict())
    kept = merged(patch, {"phases": {"again": {"optimizer_state": "keep"}}})
    assert not same_weights(found, bench.train("kept", kept).weights)


def test_another_optimizer_in_a_phase_begins_anew(bench: Bench) -> None:
    patch = {
        "train": {"epochs": 3},
        "phases": {"sgd": {"start": 1, "patch": {"optimizer": {"name": "sgd", "lr": LR}}}},
    }
    hand = ByHand(bench)
    inputs = hand.pixels(8)
    hand.epoch(0, adamw(hand.model.parameters()), inputs, constant())
    optimizer = sgd(hand.model.parameters())
    for number in (1, 2):
        hand.epoch(number, optimizer, inputs, constant())
    assert same_weights(bench.train("core", patch).weights, hand.model.state_dict())


@pytest.mark.parametrize("span", ["phase", "all"])
def test_ramps_of_smoothing_and_dropout_are_the_same_steps_by_hand(bench: Bench, span: str) -> None:
    patch = {
        "schedule": {"name": "cosine", "span": span},
        "train": {"epochs": 6},
        "phases": {
            "harder": {
                "start": 2,
                "ramp": {
                    "loss.label_smoothing": {"to": 0.3, "epochs": 3},
                    "model.head.dropout": {"to": 0.5, "epochs": 2},
                },
            }
        },
    }
    hand = ByHand(bench)
    optimizer, inputs = adamw(hand.model.parameters()), hand.pixels(8)
    whole = cosine(6 * hand.steps())
    before, after = (whole, whole) if span == "all" else (cosine(2 * hand.steps()), cosine(4 * hand.steps()))
    smoothings, dropouts = [0, 0, 0.3 / 3, 0.3 * (2 / 3), 0.3, 0.3], [0, 0, 0.25, 0.5, 0.5, 0.5]
    for number in range(6):
        hand.model.head[0].p = dropouts[number]
        hand.epoch(number, optimizer, inputs, before if number < 2 else after, smoothing=smoothings[number])
    assert same_weights(bench.train("core", patch).weights, hand.model.state_dict())
