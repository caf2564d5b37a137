"""The record follows a run, or catches up with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import mlflow_state
import pytest
from standin_plan import standin_plan
from standin_run import execute, pool, recorded, start, wait_for

from ablation.experiment.execution.executor import Executor
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recording import recorder as module
from ablation.recording.ladder_recorder import LadderRecorder
from ablation.recording.projection import LadderProjection
from ablation.tracking.failure import TrackingUnavailable
from ablation.tracking.ledger import Ledger
from ablation.tracking.names import Tag
from ablation.tracking.record import RunRecord
from ablation.tracking.store import open_store

PLAN: Mapping[str, Any] = {"variants": 3, "replicates": 2, "epochs": 2}
SLOW: Mapping[str, Any] = {**PLAN, "epochs": 60, "pause": 0.1}


def statuses(root: Path) -> Mapping[str, int]:
    return mlflow_state.statuses(root, "standin")


def of_variant(root: Path, name: str) -> list[str]:
    """The statuses of a variant's run and of its replicates'."""
    found = mlflow_state.by_role(root, "standin")
    (variant,) = [run for run in found["variant"] if run.info.run_name == name]
    return [variant.info.status, *(r.info.status for r in found["replicate"] if r.data.tags["variant"] == name)]


def ladder_status(root: Path) -> str:
    (parent,) = mlflow_state.by_role(root, "standin")["parent"]
    return str(parent.info.status)


@pytest.mark.slow
def test_what_fails_is_failed_in_mlflow_and_the_next_run_heals_it(root: Path) -> None:
    broken = {**PLAN, "variants": 4, "fail": "error:1"}
    assert recorded(root, broken)
    assert ladder_status(root) == "FAILED"
    assert set(of_variant(root, "+ rung 1")) == {"FAILED"}
    assert set(of_variant(root, "+ rung 3")) == {"FINISHED"}
    reasons = [run.data.tags.get("ablation.reason", "") for run in mlflow_state.runs(root, "standin")]
    assert reasons.count("ValueError: no luck") == 2
    assert not recorded(root, broken)
    mlflow_state.assert_whole(root, standin_plan(**broken))
    assert not any(run.data.tags.get("ablation.reason") for run in mlflow_state.runs(root, "standin"))


def test_a_second_run_changes_nothing(root: Path) -> None:
    recorded(root, PLAN)
    before = sorted((run.info.run_id, str(run.data.metrics)) for run in mlflow_state.runs(root, "standin"))
    recorded(root, PLAN)
    assert sorted((run.info.run_id, str(run.data.metrics)) for run in mlflow_state.runs(root, "standin")) == before
    mlflow_state.assert_whole(root, standin_plan(**PLAN))


@pytest.mark.slow
def test_what_was_run_without_a_record_is_delivered_whole_by_the_next_run(root: Path) -> None:
    execute(root, PLAN)
    trained = (root / "attempts.log").read_text()
    assert not recorded(root, PLAN)
    assert (root / "attempts.log").read_text() == trained
    mlflow_state.assert_whole(root, standin_plan(**PLAN))


@pytest.mark.slow
def test_ctrl_c_closes_every_run_as_killed_and_the_next_run_completes_them(root: Path) -> None:
    process = start(root, **SLOW)
    wait_for((root / "attempts.log").exists)
    time.sleep(0.3)
    interrupted(process)
    assert process.exitcode == 130
    assert statuses(root).keys() == {"KILLED"}
    quick = {**SLOW, "pause": 0.0}
    assert not recorded(root, quick)
    mlflow_state.assert_whole(root, standin_plan(**quick))


def interrupted(process: BaseProcess) -> None:
    os.kill(process.pid, signal.SIGINT)
    process.join(30)


@pytest.mark.slow
def test_what_a_crash_left_running_is_closed_even_by_a_run_that_is_stopped(root: Path) -> None:
    process = start(root, **SLOW)
    wait_for((root / "attempts.log").exists)
    wait_for(lambda: statuses(root).get("RUNNING", 0) >= 3 if experiment_exists(root) else False)
    process.kill()
    process.join(10)
    assert statuses(root)["RUNNING"] >= 3
    plan, store = standin_plan(**SLOW), ContentStore(root)
    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), print)
    recorder.start()
    recorder.finish("KILLED", lambda projection: None)
    assert statuses(root).keys() == {"KILLED"}


def experiment_exists(root: Path) -> bool:
    return mlflow_state.client(root).get_experiment_by_name("standin") is not None


@pytest.mark.slow
def test_latency_measured_by_a_later_run_comes_to_the_variants(root: Path) -> None:
    plan, store = standin_plan(**PLAN), ContentStore(root)
    stages = {address: stage for address, stage in plan.stages.items() if stage.kind != "latency"}
    Executor(stages, store, pool(root), []).run()
    delivered(root, plan)
    mlflow_state.assert_whole(root, plan)
    assert not any("cost/latency_ms_1" in run.data.metrics for run in mlflow_state.runs(root, "standin"))
    execute(root, PLAN)
    delivered(root, plan)
    assert [run.data.metrics["cost/latency_ms_1"] for run in mlflow_state.by_role(root, "standin")["variant"]] == [
        1.5
    ] * 3
    mlflow_state.assert_whole(root, plan)


def delivered(
    root: Path, plan: Plan, publish: Callable[[LadderProjection], None] = lambda projection: None
) -> list[str]:
    """Record what the store has; what the recorder had to say."""
    said: list[str] = []
    recorder = LadderRecorder(plan, set(plan.stages), ContentStore(root), open_store(root), said.append)
    recorder.start()
    recorder.finish("FINISHED", publish)
    return said


@pytest.mark.slow
def test_what_a_changed_file_supersedes_is_stale_until_it_comes_back(root: Path) -> None:
    recorded(root, PLAN)
    assert not stale(root)
    recorded(root, {**PLAN, "salt": "other"})
    replicates = mlflow_state.by_role(root, "standin")["replicate"]
    assert len(replicates) == 12
    assert stale(root) == 6
    recorded(root, PLAN)
    assert stale(root) == 6
    ours = {run.address for run in standin_plan(**PLAN).runs}
    for run in mlflow_state.by_role(root, "standin")["replicate"]:
        assert (run.data.tags["ablation.address"] in ours) != (Tag.STALE in run.data.tags)


def stale(root: Path) -> int:
    return sum(Tag.STALE in run.data.tags for run in mlflow_state.runs(root, "standin"))


@pytest.mark.slow
def test_fewer_replicates_make_nothing_stale(root: Path) -> None:
    recorded(root, PLAN)
    recorded(root, {**PLAN, "replicates": 1})
    assert not stale(root)


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Takes the connection to MLflow away and gives it back."""
    state = {"lost": False}
    for name in ("log", "close", "log_figure"):
        method = getattr(RunRecord, name)

        def call(record: RunRecord, *args: Any, _method: Callable[..., Any] = method, **named: Any) -> Any:
            if state["lost"]:
                raise TrackingUnavailable("connection refused")
            return _method(record, *args, **named)

        monkeypatch.setattr(RunRecord, name, call)

    def switch(lost: bool) -> None:
        state["lost"] = lost

    return switch


@pytest.mark.slow
def test_a_lost_connection_delays_the_record_and_no_training(root: Path, lost: Callable[[bool], None]) -> None:
    plan, store, said = standin_plan(**PLAN), ContentStore(root), list[str]()
    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    recorder.start()
    lost(True)
    assert not Executor(plan.stages, store, pool(root), [recorder]).run()
    recorder.finish("FINISHED", lambda projection: None)
    assert all(map(store.has, plan.stages))
    late = [line for line in said if not line.startswith("recording in MLflow")]
    assert ["late" in late[0], "which the next run delivers" in late[-1], len(late)] == [True, True, 2]
    assert all("connection refused" in line for line in late)
    assert statuses(root).get("FINISHED", 0) == 0
    lost(False)
    assert not recorded(root, PLAN)
    mlflow_state.assert_whole(root, plan)


@pytest.mark.slow
def test_a_connection_that_is_lost_for_a_while_is_made_good_at_the_end(
    root: Path, lost: Callable[[bool], None]
) -> None:
    plan, store, said = standin_plan(**PLAN), ContentStore(root), list[str]()
    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    recorder.start()
    lost(True)
    assert not Executor(plan.stages, store, pool(root), [recorder]).run()
    wait_for(lambda: bool(said))
    lost(False)
    recorder.finish("FINISHED", lambda projection: None)
    assert len([line for line in said if "late" in line]) == 1
    mlflow_state.assert_whole(root, plan)


def test_only_the_wanted_runs_are_shown_as_running(root: Path) -> None:
    plan, store = standin_plan(**PLAN), ContentStore(root)
    wanted = plan.stages_of(["+ rung 2"])  # shares its training with rung 1
    recorder = LadderRecorder(plan, set(wanted), store, open_store(root), print)
    recorder.start()
    assert not Executor(wanted, store, pool(root), [recorder]).run()
    recorder.finish("FINISHED", lambda projection: None)
    replicates = mlflow_state.by_role(root, "standin")["replicate"]
    assert {run.data.tags["variant"] for run in replicates} == {"+ rung 2"}
    assert statuses(root).keys() == {"FINISHED"}


def test_another_process_that_records_is_left_alone_when_a_run_is_stopped(root: Path) -> None:
    plan, store, said = standin_plan(**PLAN), ContentStore(root), list[str]()
    first = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    first._recorder._lock.acquire()
    second = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    second.start()
    second.finish("KILLED", lambda projection: None)
    assert said[-1] == "another process records this in MLflow"
    assert not experiment_exists(root)
    first._recorder._lock.release()


@pytest.mark.slow
def test_runs_of_another_version_are_left_as_stale_and_recorded_anew_without_training(root: Path) -> None:
    recorded(root, PLAN)
    trained = (root / "attempts.log").read_text()
    mlflow_state.as_before_versions(root, "standin")
    before = {run.info.run_id: run for run in mlflow_state.runs(root, "standin")}
    for _ in range(2):  # the second changes nothing
        assert not recorded(root, PLAN)
        runs = {run.info.run_id: run for run in mlflow_state.runs(root, "standin")}
        assert len(runs) == 2 * len(before)
        for run_id, old in before.items():
            kept = runs.pop(run_id)
            assert kept.data.tags == {**old.data.tags, Tag.STALE: "true"}
            assert (kept.data.metrics, kept.data.params) == (old.data.metrics, old.data.params)
            assert kept.info.end_time == old.info.end_time
        assert {run.data.tags[Tag.KEY] for run in runs.values()} == {run.data.tags[Tag.KEY] for run in before.values()}
        assert {run.info.status for run in runs.values()} == {"FINISHED"}
        assert not any(Tag.STALE in run.data.tags for run in runs.values())
    assert (root / "attempts.log").read_text() == trained


def test_what_another_version_left_running_is_closed(root: Path) -> None:
    plan = standin_plan(**PLAN)
    Ledger.open(open_store(root), plan.name, version=1).enter(f"{plan.parent_key}/v/0/x", "1")
    recorded(root, PLAN)
    (old,) = [run for run in mlflow_state.runs(root, "standin") if run.data.tags[Tag.PROJECTION] == "1"]
    assert (old.info.status, old.data.tags[Tag.STALE]) == ("KILLED", "true")


def test_after_an_outage_the_trainings_under_way_are_shown_again(
    root: Path, lost: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    plan, said = standin_plan(**PLAN), list[str]()
    recorder = LadderRecorder(plan, set(plan.stages), ContentStore(root), open_store(root), said.append)
    recorder.start()
    first, second = plan.runs_of(plan.ladder_rows[0])
    recorder.began(first.train)
    wait_for(lambda: experiment_exists(root) and statuses(root)["RUNNING"] == 3)
    lost(True)
    recorder.epoch(first.train, 1, {"epoch": 1, "val/loss": 0.5})
    wait_for(lambda: bool(said))
    lost(False)
    recorder.began(second.train)
    wait_for(lambda: statuses(root)["RUNNING"] == 4, seconds=10)
    assert statuses(root).keys() == {"RUNNING"}
    assert recorder.finish("KILLED", lambda projection: None)
    assert statuses(root).keys() == {"KILLED"}
