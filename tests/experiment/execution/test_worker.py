from __future__ import annotations

import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import pytest
from standin_plan import standin_plan

from ablation.errors import UserError
from ablation.experiment.execution import worker
from ablation.experiment.execution.messages import Assignment, Setup, StageBegan, StageEnded, StageEpoch, Stop
from ablation.experiment.execution.slots import Slots
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import logged_epochs
from ablation.stage import Stage


class Core:
    """A core that raises what it is given."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def execute(self, *_: Any) -> None:
        raise self.error


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    slots = Slots(tmp_path / "slots", "cpu", 1)
    return Setup(tmp_path, "standin_core", tmp_path, slots, pin=False, checkpoint_seconds=0.0)


@pytest.fixture
def stage() -> Stage:
    plan = standin_plan(epochs=2)
    return plan.stages[plan.runs[0].train]


def done(stage: Stage, core: Any, setup: Setup) -> tuple[list[Any], StageEnded]:
    """What the worker says on the way and at the end."""
    ours, theirs = Pipe()
    ended = worker._do(Assignment(stage, alone=False), core, setup, worker._Parent(theirs))
    return heard(ours), ended


def heard(connection: Connection[Any, Any]) -> list[Any]:
    messages = []
    while connection.poll():
        messages.append(connection.recv())
    return messages


def test_a_stage_is_done_and_reported(stage: Stage, setup: Setup) -> None:
    import standin_core

    messages, ended = done(stage, standin_core, setup)
    assert [type(message) for message in messages] == [StageBegan, StageEpoch, StageEpoch]
    assert [message.number for message in messages[1:]] == [1, 2]
    assert ended == StageEnded(stage.address, "done")
    assert done(stage, Core(ZeroDivisionError()), setup) == ([], StageEnded(stage.address, "done"))


def test_a_stage_that_another_process_holds_is_busy(stage: Stage, setup: Setup) -> None:
    with ContentStore(setup.store).lock(stage.address):
        assert done(stage, Core(ZeroDivisionError()), setup) == ([], StageEnded(stage.address, "busy"))


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


@pytest.mark.parametrize(
    ("error", "how", "last_line"),
    [
        (MemoryError("no room"), "out of memory", "no room"),
        (OutOfMemoryError("CUDA out of memory"), "out of memory", "CUDA out of memory"),
        (ValueError("no luck"), "failed", "ValueError: no luck"),
        (UserError("no such file", place="a.yaml", remedy="write it"), "failed", "a.yaml: no such file; write it"),
    ],
)
def test_what_goes_wrong_is_reported_in_the_last_line(
    stage: Stage, setup: Setup, error: Exception, how: str, last_line: str
) -> None:
    messages, ended = done(stage, Core(error), setup)
    assert messages == [StageBegan(stage.address)]
    assert ended.how == how
    assert ended.reason.strip().splitlines()[-1] == last_line
    assert not ContentStore(setup.store).has(stage.address)


def test_a_failed_attempt_keeps_the_checkpoints_and_clears_the_half_output(stage: Stage, setup: Setup) -> None:
    import standin_core

    scratch = ContentStore(setup.store).scratch(stage.address)
    (scratch / "output").mkdir(parents=True)
    (scratch / "output" / "half").touch()
    (scratch / "note").touch()
    done(stage, Core(ValueError()), setup)
    assert (scratch / "note").exists()
    done(stage, standin_core, setup)
    names = {file.name for file in ContentStore(setup.store).folder(stage.address).iterdir()}
    assert names == {"outcome.json", "weights.safetensors"}


def parent(*told: Assignment | Stop) -> worker._Parent:
    """A parent that has said some things, with its other end."""
    found = worker._Parent(Pipe()[0])
    for message in told:
        found.receive(message)
    return found


def test_a_stage_that_is_not_wanted_any_longer_when_its_turn_comes_is_not_begun(stage: Stage, setup: Setup) -> None:
    assignment = Assignment(stage, alone=False)
    silent = parent(assignment, Stop(stage.address))
    assert worker._do(assignment, Core(ZeroDivisionError()), setup, silent) == StageEnded(stage.address, "stopped")
    with ContentStore(setup.store).lock(stage.address).acquire(timeout=0):
        assert not ContentStore(setup.store).has(stage.address)


def test_a_stop_that_comes_after_the_end_stops_no_later_attempt(stage: Stage) -> None:
    assignment = Assignment(stage, alone=False)
    assert not parent(assignment, Stop(stage.address), assignment).stopping


def test_a_training_stops_after_the_epoch_in_which_it_must_and_goes_on_from_there(stage: Stage, setup: Setup) -> None:
    import standin_core

    class Told(worker._Parent):
        def raise_if_stopping(self, address: str) -> None:
            super().raise_if_stopping(address)
            self.stopping.add(address)  # as if it came just then

    ours, theirs = Pipe()
    assert worker._do(Assignment(stage, alone=False), standin_core, setup, Told(theirs)).how == "stopped"
    assert [type(message) for message in heard(ours)] == [StageBegan, StageEpoch]
    assert list(logged_epochs(stage.address, ContentStore(setup.store))) == [1]
    messages, ended = done(stage, standin_core, setup)
    assert [message.number for message in messages[1:]] == [2]
    assert ended.how == "done"


def test_a_worker_needs_no_torch_of_its_own() -> None:
    code = "import sys, ablation.experiment.execution.worker, standin_core; sys.exit('torch' in sys.modules)"
    support = Path(__file__).parents[2] / "support"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(support)}, check=False).returncode == 0
