from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from bench import Bench, same_weights

from ablation.core.training.loop import train_epoch
from ablation.core.training.optimizer_step import PlainStepper
from ablation.core.training.state import TrainState


@pytest.fixture
def before(bench: Bench) -> TrainState:
    """A training of one epoch with a frozen first half."""
    training = bench.training({"model": {"trainable": 1}})
    state = training.fresh()
    train_epoch(training, state, PlainStepper(training, state))
    return state


def moments(state: TrainState) -> dict[str, Mapping[str, torch.Tensor]]:
    """What the optimizer knows of each weight, by its name."""
    known = state.optimizer.state
    return {name: known[weight] for name, weight in state.model.named_parameters() if weight in known}


def test_what_the_optimizer_knows_goes_with_the_weights_name(bench: Bench, before: TrainState) -> None:
    after = bench.training({"model": {"trainable": "all"}}).shell()
    after.begin_phase_from(before, keep_moments=True)
    ours, theirs = moments(after), moments(before)
    assert set(ours) == set(theirs) == {name for name, each in before.model.named_parameters() if each.requires_grad}
    for name, known in theirs.items():
        assert all(torch.equal(ours[name][key], value) for key, value in known.items())
    assert same_weights(after.model.state_dict(), before.model.state_dict())


def test_what_is_frozen_now_has_nothing_the_optimizer_knows(bench: Bench, before: TrainState) -> None:
    after = bench.training({"model": {"trainable": "head"}}).shell()
    after.begin_phase_from(before, keep_moments=True)
    assert set(moments(after)) == {"head.1.weight", "head.1.bias"}


@pytest.mark.parametrize(("name", "keep"), [("adamw", False), ("sgd", True)])
def test_a_fresh_or_another_optimizer_knows_nothing(bench: Bench, before: TrainState, name: str, keep: bool) -> None:
    after = bench.training({"optimizer": {"name": name}}).shell()
    after.begin_phase_from(before, keep_moments=keep)
    assert all(not tensor.any() for kept in moments(after).values() for tensor in kept.values())


def test_a_saved_state_is_loaded_whole(bench: Bench) -> None:
    training = bench.training({"train": {"ema": {"decay": 0.9}}, "schedule": {"name": "cosine"}})
    state, loaded = training.fresh(), training.shell()
    state.history.append(train_epoch(training, state, PlainStepper(training, state)))
    state.time = {"data": 1.5}
    loaded.load(state.saved())
    assert same_weights(loaded.model.state_dict(), state.model.state_dict())
    assert loaded.average is not None
    assert same_weights(loaded.eval_model.state_dict(), state.eval_model.state_dict())
    assert not same_weights(loaded.model.state_dict(), loaded.eval_model.state_dict())
    assert loaded.schedule.state_dict() == state.schedule.state_dict()
    assert (loaded.time, loaded.history) == (state.time, state.history)
    assert moments(loaded).keys() == moments(state).keys()
    for name, tensors in moments(state).items():
        assert same_weights(moments(loaded)[name], tensors)


def test_without_an_average_the_model_itself_is_evaluated(bench: Bench) -> None:
    state = bench.training().fresh()
    assert state.eval_model is state.model
