from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest
from standin_plan import standin_plan
from standin_run import execute, is_alive, pool, wait_for
from standin_store import finish

from ablation.experiment.execution.executor import Executor
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import logged_epochs
from ablation.experiment.store.results import collect

PLAN = {"variants": 4, "replicates": 1, "epochs": 2}


class Notes:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.reasons: dict[str, str] = {}

    def began(self, address: str) -> None:
        self.events.append(("began", address))

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        self.events.append((f"epoch {number}", address))

    def done(self, address: str) -> None:
        self.events.append(("done", address))

    def failed(self, address: str, reason: str) -> None:
        self.events.append(("failed", address))
        self.reasons[address] = reason

    def of(self, address: str) -> list[str]:
        return [what for what, about in self.events if about == address]


def attempts(root: Path) -> list[str]:
    return (root / "attempts.log").read_text().split()


def test_every_stage_is_done_once_and_reported_in_order(tmp_path: Path) -> None:
    plan, notes = standin_plan(**PLAN), Notes()
    assert not execute(tmp_path, PLAN, notes)
    for address, stage in plan.stages.items():
        epochs = ["epoch 1", "epoch 2"] if stage.kind == "train" else []
        assert notes.of(address) == ["began", *epochs, "done"]
        assert ContentStore(tmp_path).has(address)
    order = [address for what, address in notes.events if what == "began"]
    kinds = [plan.stages[address].kind for address in order]
    assert kinds.index("latency") == len(kinds) - kinds.count("latency")  # they want the machine alone, so come last
    assert not list((tmp_path / "scratch").iterdir())


def test_what_is_finished_is_not_done_again_and_starts_no_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(tmp_path, PLAN)
    monkeypatch.setattr("ablation.experiment.execution.process.subprocess.Popen", None)
    notes = Notes()
    assert not execute(tmp_path, PLAN, notes)
    assert not notes.events


def test_a_stage_that_fails_takes_those_that_need_it_with_it_and_no_other(tmp_path: Path) -> None:
    plan, store, notes = standin_plan(**PLAN), ContentStore(tmp_path), Notes()
    failures = execute(tmp_path, PLAN | {"fail": "error:1"}, notes)
    (broken,) = plan.runs_of("+ rung 1")
    assert set(failures) == {broken.train, broken.val, broken.test}
    assert failures == notes.reasons
    assert failures[broken.train].splitlines()[-1] == "ValueError: no luck"
    assert "Traceback" in store.failure(broken.train)
    assert broken.train in failures[broken.test]
    assert "began" not in notes.of(broken.test)
    others = {address for run in plan.runs if run is not broken for address in run.stages}
    assert all(map(store.has, others))
    frame = collect(plan, store).set_index("variant")
    assert frame["status"].to_dict() == {
        "baseline": "finished", "+ rung 1": "failed", "+ rung 2": "finished", "+ rung 3": "finished",
    }  # fmt: skip
    assert frame.loc["+ rung 1", "reason"] == "ValueError: no luck"


def test_the_next_run_tries_what_failed_again(tmp_path: Path) -> None:
    plan, store = standin_plan(**PLAN), ContentStore(tmp_path)
    assert execute(tmp_path, PLAN | {"fail": "error:1"})
    before = attempts(tmp_path)
    assert not execute(tmp_path, PLAN | {"fail": "error:1"})
    assert len(attempts(tmp_path)) == len(before) + 1
    assert set(collect(plan, store)["status"]) == {"finished"}
    assert not list((tmp_path / "failures").iterdir())


def test_a_stage_on_which_workers_die_is_tried_three_times(tmp_path: Path) -> None:
    (broken,) = standin_plan(**PLAN).runs_of("+ rung 1")
    failures = execute(tmp_path, PLAN | {"fail": "death:3"})
    assert set(failures) == {broken.train, broken.val, broken.test}
    assert "3 worker processes died" in failures[broken.train]
    assert attempts(tmp_path).count("1/0") == 3


def test_a_stage_on_which_two_workers_die_is_finished_by_the_third(tmp_path: Path) -> None:
    assert not execute(tmp_path, PLAN | {"fail": "death:2"})


def test_without_memory_a_stage_is_tried_again_alone(tmp_path: Path) -> None:
    notes = Notes()
    assert not execute(tmp_path, PLAN | {"fail": "memory:1"}, notes)
    (tried,) = standin_plan(**PLAN).runs_of("+ rung 1")
    assert notes.of(tried.train) == ["began", "began", "epoch 1", "epoch 2", "done"]
    second = max(place for place, told in enumerate(notes.events) if told == ("began", tried.train))
    assert running_at(notes, second) == {tried.train}


def running_at(notes: Notes, place: int) -> set[str]:
    """The stages that were being done just after something was told."""
    running: set[str] = set()
    for what, address in notes.events[: place + 1]:
        running = running | {address} if what == "began" else running - {address} if what == "done" else running
    return running


def test_without_memory_alone_too_a_stage_fails_with_the_setting_to_change(tmp_path: Path) -> None:
    plan = standin_plan(**PLAN)
    (broken,) = plan.runs_of("+ rung 1")
    failures = execute(tmp_path, PLAN | {"fail": "memory:2"})
    assert failures[broken.train].startswith("no room")
    assert attempts(tmp_path).count("1/0") == 2
    reason = collect(plan, ContentStore(tmp_path)).set_index("variant").loc["+ rung 1", "reason"]
    assert "lower train.batch_size and raise train.accumulate" in reason


def test_a_stage_that_another_process_does_is_waited_for(tmp_path: Path) -> None:
    plan, store = standin_plan(**PLAN), ContentStore(tmp_path)
    (baseline,) = plan.runs_of("baseline")

    class Release(Notes):
        def done(self, address: str) -> None:
            super().done(address)
            if len([what for what, _ in self.events if what == "done"]) == 4:
                held.release()

    notes, held = Release(), store.lock(baseline.train)
    held.acquire()
    assert not Executor(plan.stages, store, pool(tmp_path), [notes]).run()
    assert attempts(tmp_path).count("0/0") == 1
    first = notes.events.index(("began", baseline.train))
    assert len([what for what, _ in notes.events[:first] if what == "done"]) >= 4


def test_a_stage_that_another_process_finished_is_reported_as_done_without_a_beginning(tmp_path: Path) -> None:
    plan, store, notes = standin_plan(**PLAN), ContentStore(tmp_path), Notes()
    late = Executor(plan.stages, store, pool(tmp_path), [notes])
    execute(tmp_path, PLAN)
    assert not late.run()
    assert {what for what, _ in notes.events} == {"done"}
    assert len(attempts(tmp_path)) == 3


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_stopped_from_within_no_worker_stays_and_the_next_run_goes_on(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    class Stop(Notes):
        def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
            workers.extend(psutil.Process().children(recursive=True))
            raise stop

    workers: list[psutil.Process] = []
    patient = PLAN | {"epochs": 30, "pause": 0.05}
    with pytest.raises(stop):
        execute(tmp_path, patient, Stop())
    assert workers
    assert not any(map(is_alive, workers))
    assert not execute(tmp_path, PLAN)


def test_a_stage_killed_right_after_its_commit_is_tidied_up_by_the_next_run(tmp_path: Path) -> None:
    plan, store = standin_plan(**PLAN), ContentStore(tmp_path)
    execute(tmp_path, PLAN)
    address = plan.runs[0].train
    store.scratch(address).mkdir(parents=True)
    store.fail(address, "died")
    execute(tmp_path, PLAN)
    assert not store.scratch(address).exists()
    assert store.failure(address) is None


def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        execute(tmp_path, PLAN | {"epochs": 1000, "pause": 0.05})
        os._exit(0)
    wait_for((tmp_path / "attempts.log").exists)
    workers = psutil.Process(child).children(recursive=True)
    assert workers
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    wait_for(lambda: not any(map(is_alive, workers)), seconds=5)


def stepping(executor: Executor, happened: Callable[[], bool] = lambda: False) -> None:
    """Go on until something has happened, or nothing is left to do."""
    deadline = time.monotonic() + 30
    while not executor.idle and not happened():
        assert time.monotonic() < deadline, "it did not happen"
        executor.step()


LONG = {"variants": 2, "replicates": 1, "epochs": 200, "pause": 0.02}


def test_a_training_that_is_stopped_is_no_failure_and_goes_on_from_there_when_it_is_wanted_again(
    tmp_path: Path,
) -> None:
    plan, store, notes = standin_plan(**LONG), ContentStore(tmp_path), Notes()
    train = plan.runs[0].train
    stages = {address: plan.stages[address] for address in (train, plan.runs[0].val)}
    with contextlib.closing(Executor({}, store, pool(tmp_path), [notes])) as executor:
        assert executor.idle
        executor.add(stages)
        stepping(executor, lambda: "epoch 2" in notes.of(train))
        for address in stages:
            executor.stop(address)
        assert not executor.idle  # it has its epoch's end to come to
        stepping(executor)
        assert not executor.failures
        assert store.failure(train) is None
        assert not ({"done", "failed"} & set(notes.of(train)))
        epochs = notes.of(train)[1:]
        with store.lock(train).acquire(timeout=0):
            assert list(logged_epochs(train, store)) == list(range(1, len(epochs) + 1))
        executor.add(stages)
        stepping(executor, lambda: len(notes.of(train)) > len(epochs) + 3)
    assert notes.of(train)[: len(epochs) + 3] == ["began", *epochs, "began", f"epoch {len(epochs) + 1}"]


def test_a_training_that_is_wanted_again_while_it_stops_is_done(tmp_path: Path) -> None:
    plan, notes = standin_plan(**LONG | {"epochs": 6, "pause": 0.1}), Notes()
    train = plan.runs[0].train
    with contextlib.closing(
        Executor({train: plan.stages[train]}, ContentStore(tmp_path), pool(tmp_path), [notes])
    ) as executor:
        stepping(executor, lambda: "epoch 1" in notes.of(train))
        executor.stop(train)
        executor.add({train: plan.stages[train]})
        stepping(executor)
    assert [told for told in notes.of(train) if told != "began"] == [*(f"epoch {n}" for n in range(1, 7)), "done"]
    assert not executor.failures


def test_a_stage_that_no_worker_has_is_dropped_at_once_and_one_in_the_store_is_passed_over(tmp_path: Path) -> None:
    plan, notes = standin_plan(**PLAN), Notes()
    executor = Executor(plan.stages, ContentStore(tmp_path), pool(tmp_path), [notes])
    for address in plan.stages:
        executor.stop(address)
    assert executor.idle
    executor.stop("unknown")
    execute(tmp_path, PLAN)
    executor.add(plan.stages)
    assert executor.idle
    assert not notes.events


def test_a_stage_that_failed_is_tried_again_when_it_is_added_again(tmp_path: Path) -> None:
    plan, notes = standin_plan(**PLAN, fail="error:1"), Notes()
    (broken,) = plan.runs_of("+ rung 1")
    stages = {address: plan.stages[address] for address in (broken.train, broken.val)}
    with contextlib.closing(Executor(stages, ContentStore(tmp_path), pool(tmp_path), [notes])) as executor:
        stepping(executor)
        assert set(executor.failures) == set(stages)
        executor.add(stages)
        assert not executor.failures
        stepping(executor)
    assert not executor.failures
    assert notes.of(broken.val) == ["failed", "began", "done"]


def test_one_that_another_process_finished_since_keeps_nothing_from_being_done(tmp_path: Path) -> None:
    plan, store = standin_plan(**PLAN, fail="error:1"), ContentStore(tmp_path)
    (broken,) = plan.runs_of("+ rung 1")
    stages = {address: plan.stages[address] for address in (broken.train, broken.val)}
    with contextlib.closing(Executor(stages, store, pool(tmp_path), [])) as executor:
        stepping(executor)
        shutil.rmtree(store.scratch(broken.train))
        finish([stages[broken.train]], store)
        executor.add(stages)
        stepping(executor)
    assert not executor.failures
    assert store.has(broken.val)
