from __future__ import annotations

from pathlib import Path

import pytest
import torch
from bench import Bench

from ablation.core.checkpoint import Checkpoint, TrainState
from ablation.core.train import train_epoch


@pytest.fixture
def state(bench: Bench) -> TrainState:
    training = bench.training({"schedule": {"name": "onecycle"}})
    state = training.fresh()
    state.history.append(train_epoch(training, state))
    state.epoch, state.seconds = 1, 0.5
    return state


def test_a_checkpoint_brings_everything_back(bench: Bench, state: TrainState, tmp_path: Path) -> None:
    Checkpoint(tmp_path, seconds=0).save_if_due(state)
    other = bench.training({"schedule": {"name": "onecycle"}}).fresh()
    Checkpoint(tmp_path, seconds=0).resume(other)
    assert (other.epoch, other.seconds, other.history) == (1, 0.5, state.history)
    for name, weight in state.model.state_dict().items():
        assert torch.equal(other.model.state_dict()[name], weight)
    assert other.schedule.get_last_lr() == state.schedule.get_last_lr()
    ours, theirs = (each.optimizer.state_dict() for each in (other, state))
    assert ours["param_groups"] == theirs["param_groups"]
    for number, moments in theirs["state"].items():
        assert all(torch.equal(ours["state"][number][name], value) for name, value in moments.items())


def test_without_a_checkpoint_the_state_stays(bench: Bench, tmp_path: Path) -> None:
    state = bench.training().fresh()
    Checkpoint(tmp_path, seconds=0).resume(state)
    assert (state.epoch, state.history) == (0, [])


def test_a_checkpoint_is_written_when_the_last_one_is_old_enough(
    state: TrainState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("ablation.core.checkpoint.time.monotonic", lambda: now)
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
    bench: Bench, state: TrainState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint(tmp_path, seconds=0)
    checkpoint.save_if_due(state)
    state.epoch = 2

    def half(saved: object, file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save_if_due(state)
    other = bench.training({"schedule": {"name": "onecycle"}}).fresh()
    Checkpoint(tmp_path, seconds=0).resume(other)
    assert other.epoch == 1
