from __future__ import annotations

from pathlib import Path

import pytest
import torch
from bench import Bench, same_weights

from ablation.core.training.checkpoint import Checkpoint, read_state, write_state
from ablation.core.training.loop import train_epoch
from ablation.core.training.optimizer_step import PlainStepper
from ablation.core.training.state import TrainState

PATCH = {"schedule": {"name": "onecycle"}, "train": {"ema": {"decay": 0.9}}}


@pytest.fixture
def state(bench: Bench) -> TrainState:
    training = bench.training(PATCH)
    state = training.fresh()
    state.history.append(train_epoch(training, state, PlainStepper(training, state)))
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
    monkeypatch.setattr("ablation.core.training.checkpoint.time.monotonic", lambda: now)
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
