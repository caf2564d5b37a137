"""Models are exported beside the trainings, and not at their cost."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow_state
import pytest
from standin_plan import standin_plan
from standin_run import wait_for
from standin_store import finished

from ablation.core.task import Task
from ablation.experiment.lanes import Lanes
from ablation.report.recording import exporter
from ablation.report.recording.exports import Export, ExportError, Exports
from ablation.report.recording.projection import Projection
from ablation.report.recording.recorder import Recorder
from ablation.tracking.failure import TrackingUnavailable
from ablation.tracking.store import open_store


def export_to(root: Path, **task: Any) -> Export:
    return Export(f"sqlite:///{root}/mlflow.db", "none", task, (), root / "weights", 2, tuple(sys.path))


@pytest.fixture
def lanes(tmp_path: Path) -> Lanes:
    return Lanes(tmp_path / "lanes", "cpu", 1)


@pytest.fixture
def exports(lanes: Lanes) -> Iterator[Exports]:
    made = Exports(lanes)
    yield made
    made.close()


def test_the_process_ends_when_its_parents_pipe_closes_even_while_it_waits_for_a_lane(
    exports: Exports, lanes: Lanes, tmp_path: Path
) -> None:
    with lanes.all():
        exports.ask(export_to(tmp_path))
        assert exports._process is not None
        assert exports._connection is not None
        exports._connection.close()
        assert exports._process.wait(20) == 1


def test_it_computes_on_a_lane(lanes: Lanes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began, ended = threading.Event(), threading.Event()
    monkeypatch.setattr(exporter, "publish_model", lambda export: began.set())

    def answered() -> None:
        assert exporter._answer(export_to(tmp_path), lanes) is None
        ended.set()

    with lanes.all():
        threading.Thread(target=answered, daemon=True).start()
        assert not began.wait(0.3)
    assert began.wait(10)
    assert ended.wait(10)


def test_it_computes_on_the_cpu_whatever_the_training_ran_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def read(raw: dict[str, Any]) -> Task:
        asked.append(raw["device"])
        raise ValueError("far enough")

    monkeypatch.setattr(Task, "from_json", read)
    with pytest.raises(ValueError, match="far enough"):
        exporter.publish_model(export_to(tmp_path, device="cuda:0"))
    assert asked == ["cpu"]


def test_its_threads_are_bounded_and_it_sees_no_gpu(exports: Exports, tmp_path: Path, lanes: Lanes) -> None:
    with lanes.all():
        exports.ask(export_to(tmp_path))
        assert exports._process is not None
        given = Path(f"/proc/{exports._process.pid}/environ")
        if not given.exists():
            pytest.skip("this system does not show the environment of a process")
        wanted = {b"OMP_NUM_THREADS=1", b"MKL_NUM_THREADS=1", b"CUDA_VISIBLE_DEVICES="}
        wait_for(lambda: wanted <= set(given.read_bytes().split(b"\0")))  # until it is started it shows this one's


def test_what_cannot_be_exported_is_told_with_its_reason_first(
    lanes: Lanes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(error: Exception) -> object:
        def fail(export: Export) -> None:
            raise error

        monkeypatch.setattr(exporter, "publish_model", fail)
        return exporter._answer(export_to(tmp_path), lanes)

    said = str(publish(ValueError("a layer of yours")))
    assert said.splitlines()[0] == "a model could not be exported: ValueError: a layer of yours"
    assert isinstance(publish(TrackingUnavailable("gone")), TrackingUnavailable)


def killed_at(lanes: Lanes, tmp_path: Path, when: Callable[[Exports], None]) -> Exports:
    """Exports whose process is killed while it waits for a lane."""
    exports = Exports(lanes)
    with lanes.all():
        exports.ask(export_to(tmp_path))
        assert exports._process is not None
        exports._process.kill()
        exports._process.wait()
        when(exports)
    return exports


def test_a_process_that_is_killed_is_told_of_once_and_replaced(lanes: Lanes, tmp_path: Path) -> None:
    second = Export("uri", "second", {}, (), tmp_path, 2, ())
    exports = killed_at(lanes, tmp_path, lambda exports: exports.ask(second))
    with pytest.raises(ExportError, match="has died"):
        exports.wait()
    exports.wait()
    assert exports._process is None
    with lanes.all():
        exports.ask(second)
        assert exports._process is not None
    exports.close()


def test_a_killed_process_makes_the_record_late_and_leaves_the_ladder_finished(
    mlflow_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lanes: Lanes
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    plan, said = standin_plan(variants=2, replicates=1), list[str]()
    store = finished(plan, tmp_path)

    def publish(projection: Projection) -> None:
        killed_at(lanes, tmp_path, Exports.wait)

    recorder = Recorder(plan, set(plan.stages), store, open_store(tmp_path), said.append, lanes=lanes)
    recorder.start()
    assert not recorder.finish("FINISHED", publish)
    (late,) = [line for line in said if not line.startswith("recording in MLflow")]
    assert "late" in late
    assert "has died" in late
    assert mlflow_state.statuses(tmp_path, "standin").keys() == {"FINISHED"}
    mlflow_state.assert_whole(tmp_path, plan)
    again = Recorder(plan, set(plan.stages), store, open_store(tmp_path), said.append, lanes=lanes)
    again.start()
    assert again.finish("FINISHED", lambda projection: None)
