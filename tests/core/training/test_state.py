from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from bench import Bench, same_weights

from ablation.core.training.loop import train_epoch
from ablation.core.training.optimizer_step import Stepper
from ablation.core.training.state import Checkpoint, TrainState, read_state, write_state


@pytest.fixture
def before(bench: Bench) -> TrainState:
    """A training of one epoch with a frozen first half."""
    training = bench.training({"model": {"trainable": 1}})
    state = training.fresh()
    train_epoch(training, state, Stepper(training, state))
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
    state.history.append(train_epoch(training, state, Stepper(training, state)))
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


PATCH = {"schedule": {"name": "onecycle"}, "train": {"ema": {"decay": 0.9}}}


@pytest.fixture
def state(bench: Bench) -> TrainState:
    training = bench.training(PATCH)
    state = training.fresh()
    state.history.append(train_epoch(training, state, Stepper(training, state)))
    state.time, state.best = {"data": 0.5}, state.model.state_dict()
    return state


def test_a_checkpoint_brings_everything_back(bench: Bench, state: TrainState, tmp_path: Path) -> None:
    Checkpoint(tmp_path, seconds=0).save_if_due(state)
    other = bench.training(PATCH).fresh()
    other.load(Checkpoint(tmp_path, seconds=0).last())
    assert (other.time, other.history) == ({"data": 0.5}, state.history)
    assert same_weights(other.model.state_dict(), state.model.state_dict())
    assert same_weights(other.average.state_dict(), state.average.state_dict())
    assert same_weights(other.best, state.best)
    assert other.schedule.get_last_lr() == state.schedule.get_last_lr()
    ours, theirs = (each.optimizer.state_dict() for each in (other, state))
    assert ours["param_groups"] == theirs["param_groups"]
    for number, moments in theirs["state"].items():
        assert all(torch.equal(ours["state"][number][name], value) for name, value in moments.items())


def test_without_a_checkpoint_there_is_no_last_state(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path, seconds=0).last() is None


def test_a_state_handed_over_is_the_one_that_was_written(state: TrainState, tmp_path: Path) -> None:
    write_state(state, tmp_path / "state.pt")
    assert same_weights(read_state(tmp_path / "state.pt")["model"], state.model.state_dict())
    assert [file.name for file in tmp_path.iterdir()] == ["state.pt"]


def test_a_checkpoint_is_written_when_the_last_one_is_old_enough(
    state: TrainState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("ablation.core.training.state.time.monotonic", lambda: now)
    checkpoint, file = Checkpoint(tmp_path, seconds=30), tmp_path / "checkpoint.pt"
    checkpoint.save_if_due(state)
    assert not file.exists()
    now = 131.0
    checkpoint.save_if_due(state)
    written = file.stat().st_mtime_ns
    now = 160.0
    checkpoint.save_if_due(state)
    assert file.stat().st_mtime_ns == written


def test_a_crash_while_writing_leaves_the_checkpoint_before(
    state: TrainState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint(tmp_path, seconds=0)
    checkpoint.save_if_due(state)
    state.history.append(state.history[0])

    def half(saved: object, file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save_if_due(state)
    assert len(Checkpoint(tmp_path, seconds=0).last()["history"]) == 1
