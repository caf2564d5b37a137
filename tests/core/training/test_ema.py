"""The moving average of the weights against a naive loop."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from bench import Bench, predictions
from by_hand import ByHand, adamw, constant
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score
from torch import nn

from ablation.core.training.ema import decay_after, moving_average
from ablation.recipe.train import EMA

EPOCHS = 3


def averaged_by_hand(bench: Bench, decay: float, warmup: bool) -> nn.Module:
    """The average of a plain training, with the statistics of BatchNorm that the training itself came to."""
    hand, rows = ByHand(bench), list[dict[str, torch.Tensor]]()
    optimizer, inputs = adamw(hand.model.parameters()), hand.pixels(8)

    def note() -> None:
        rows.append({name: weight.detach().double().clone() for name, weight in hand.model.named_parameters()})

    for number in range(EPOCHS):
        hand.epoch(number, optimizer, inputs, constant(), after_step=note)
    average = rows[0]
    for step, weights in enumerate(rows[1:], start=1):
        share = min(decay, (1 + step) / (10 + step)) if warmup else decay
        average = {name: share * old + (1 - share) * weights[name] for name, old in average.items()}
    model = copy.deepcopy(hand.model)
    model.load_state_dict({**hand.model.state_dict(), **{name: each.float() for name, each in average.items()}})
    return model.eval()


@pytest.mark.parametrize("warmup", [True, False])
@pytest.mark.parametrize("decay", [0.5, 0.9, 0.999])
def test_the_kept_weights_are_the_average_over_all_steps(bench: Bench, decay: float, warmup: bool) -> None:
    expected = averaged_by_hand(bench, decay, warmup).state_dict()
    patch = {"train": {"epochs": EPOCHS, "ema": {"decay": decay, "warmup": warmup}}}
    found = bench.train("core", patch).weights
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        if "running" in name or "num_batches" in name:
            assert torch.equal(found[name], weight), name
        else:
            torch.testing.assert_close(found[name], weight, rtol=1e-4, atol=1e-6)


def test_the_average_validates_and_predicts(bench: Bench) -> None:
    patch = {"train": {"epochs": EPOCHS, "ema": {"decay": 0.9}}}
    model, hand = averaged_by_hand(bench, 0.9, warmup=True), ByHand(bench)
    trained = bench.train("core", patch)
    found = predictions(bench.predict(trained, patch))
    inputs = hand.pixels(8)
    with torch.no_grad():
        test, val = (model(inputs(ids)).softmax(1).numpy() for ids in (found["ids"], hand.val))
    np.testing.assert_allclose(found["probabilities"], test, atol=1e-5)
    expected = accuracy_score(hand.labels[hand.val], val.argmax(1))
    assert trained.history[-1]["val/accuracy"] == pytest.approx(expected)


def test_the_average_leaves_the_training_itself_alone(bench: Bench) -> None:
    plain, averaged = bench.train("plain"), bench.train("averaged", {"train": {"ema": {"decay": 0.9}}})
    for one, other in zip(plain.history, averaged.history, strict=True):
        assert (one["train/loss"], one["grad_norm"]) == (other["train/loss"], other["grad_norm"])


@given(updates=st.integers(0, 10**6), decay=st.floats(0.001, 0.9999))
def test_the_warm_up_rises_to_the_decay_and_stays_there(updates: int, decay: float) -> None:
    settings = EMA(decay=decay)
    now, later = decay_after(updates, settings), decay_after(updates + 1, settings)
    assert 0 < now <= later <= decay
    assert decay_after(updates, EMA(decay=decay, warmup=False)) == decay


def test_without_settings_there_is_no_average() -> None:
    assert moving_average(nn.Linear(2, 2), None) is None


def test_an_average_lives_through_the_beginning_of_a_phase(bench: Bench) -> None:
    patch = {
        "train": {"epochs": EPOCHS, "ema": {"decay": 0.9}},
        "phases": {"same steps": {"start": 2, "patch": {"loss": {"label_smoothing": 1e-30}}}},
    }
    plain = {"train": patch["train"]}
    one, other = bench.train("phase", patch).weights, bench.train("plain", plain).weights
    for name, weight in other.items():
        torch.testing.assert_close(one[name], weight, rtol=1e-4, atol=1e-6)
