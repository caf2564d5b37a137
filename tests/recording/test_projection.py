"""What the projection writes, and what it keeps."""

from __future__ import annotations

import gc
import json
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import mlflow_state
import pytest
from mlflow import MlflowClient
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recording import content
from ablation.recording.ladder_recorder import LadderRecorder
from ablation.recording.projection import LadderProjection
from ablation.tracking.ledger import Ledger
from ablation.tracking.record import RunRecord
from ablation.tracking.store import open_store


def projection(root: Path, plan: Plan) -> LadderProjection:
    return LadderProjection(plan, ContentStore(root), Ledger.open(open_store(root), plan.name))


def amend(store: ContentStore, address: str, **values: object) -> None:
    """Put keys into an outcome, as newer workers do."""
    file = store.folder(address) / "outcome.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_times_are_metrics_of_a_replicate_and_their_means_of_its_variant(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=2)
    store = finished(plan, root)
    for run in plan.runs:
        amend(store, run.train, time={"data": 1.0 + run.replicate, "forward_backward": 4.0})
    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), print)
    recorder.start()
    assert recorder.finish("FINISHED", lambda _: None)
    found = mlflow_state.by_role(root, plan.name)
    for run in found["replicate"]:
        assert run.data.metrics["time/data_seconds"] == 1.0 + int(run.data.params["replicate"])
        assert run.data.metrics["time/forward_backward_seconds"] == 4.0
        assert "time/waiting_seconds" not in run.data.metrics
    for run in found["variant"]:
        assert run.data.metrics["summary/time_data_seconds"] == 1.5
        assert not any(name.startswith("time/") for name in run.data.metrics)
    (parent,) = found["parent"]
    assert 0 < parent.data.metrics["time/tracking_seconds"] < 60
    mlflow_state.assert_whole(root, plan)


def test_what_a_later_run_takes_to_record_is_a_step_of_its_own(root: Path) -> None:
    for replicates in (1, 1, 2):  # the second records nothing
        plan = standin_plan(variants=2, replicates=replicates)
        store = finished(plan, root) if replicates == 1 and not (root / "stages").exists() else ContentStore(root)
        for stage in plan.stages.values():
            if not store.has(stage.address):
                finished(plan, root / "more")
                shutil.copytree(root / "more" / "stages", root / "stages", dirs_exist_ok=True)
        recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), print)
        recorder.start()
        recorder.finish("FINISHED", lambda _: None)
    (parent,) = mlflow_state.by_role(root, "standin")["parent"]
    history = mlflow_state.client(root).get_metric_history(parent.info.run_id, "time/tracking_seconds")
    assert [metric.step for metric in history] == [1, 2]


def test_epochs_wait_for_the_flush_and_a_run_that_ends_takes_them_along(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = standin_plan(variants=2, replicates=1)
    calls: list[str] = []
    original = MlflowClient.log_batch

    def counted(client: MlflowClient, run_id: str, *given: object, **named: object) -> object:
        calls.append(run_id)
        return original(client, run_id, *given, **named)

    shown = projection(root, plan)
    run, other = plan.runs
    shown.begin(run)
    monkeypatch.setattr(MlflowClient, "log_batch", counted)
    for epoch in (1, 2):
        shown.epoch(run, {"epoch": epoch, "val/loss": 0.5})
    assert shown.is_behind
    assert not calls
    shown.flush()
    assert len(calls) == 1
    assert not shown.is_behind
    shown.epoch(run, {"epoch": 3, "val/loss": 0.5})
    finished(plan, root)
    shown.deliver(run)
    assert len(calls) == 2
    assert not shown.is_behind
    shown.begin(other)
    shown.epoch(other, {"epoch": 1, "val/loss": 0.5})
    shown.close_replicates()
    (stopped,) = [each for each in mlflow_state.by_role(root, plan.name)["replicate"] if each.info.status == "KILLED"]
    assert stopped.data.metrics["val/loss"] == 0.5


@pytest.mark.slow
def test_hundreds_of_runs_leave_nothing_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ablation.experiment.store.content_store._flush", lambda path: None
    )  # thousands of waits for the disk
    plan = standin_plan(variants=5, replicates=60, epochs=20)
    store = finished(plan, tmp_path)
    for image in ("confusion_image", "curves_image"):
        monkeypatch.setattr(content, image, lambda *given: None)
    ledger = Mock(spec=Ledger, find=dict, enter=silent_record)
    shown, sizes = LadderProjection(plan, store, ledger), {}
    tracemalloc.start()
    for number, run in enumerate(plan.runs, 1):
        shown.begin(run)
        for row in store.outcome(run.train)["history"]:
            shown.epoch(run, row)
        shown.flush()
        shown.deliver(run)
        if number in (60, 300):
            gc.collect()
            sizes[number] = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    a_history = len(json.dumps(store.outcome(plan.runs[0].train)["history"]))
    assert sizes[300] - sizes[60] < 240 * a_history / 4, "keys and run ids alone"


def silent_record(key: str, *given: object, **named: object) -> RunRecord:
    """A run that goes nowhere; what the record itself keeps of it is real."""
    data = SimpleNamespace(tags={}, params={}, metrics={})
    info = SimpleNamespace(run_id=key, experiment_id="0", artifact_uri="mlflow-artifacts:/0")
    return RunRecord(Silent(), SimpleNamespace(info=info, data=data), fresh=True)  # type: ignore[arg-type]


class Silent:
    """A client that says nothing, and unlike a mock remembers nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given, **named: None
