"""Models are exported by processes of their own, while the table is put on record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import child_targets
import mlflow_state
import pytest
from filelock import FileLock, Timeout
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.execution.process import Process, ProcessDiedError, StartProcess
from ablation.experiment.execution.slots import Slots
from ablation.experiment.planning.plan import Plan
from ablation.recording import ladder_summary
from ablation.recording.ladder_recorder import LadderRecorder
from ablation.recording.ladder_summary import publishing_models
from ablation.recording.model_export import ExportError
from ablation.recording.projection import LadderProjection
from ablation.tracking.ledger import Ledger
from ablation.tracking.store import open_store


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path / "slots", "cpu", 1)


class Told:
    """In the place of a call elsewhere."""

    def __init__(self, told: list[str], start: StartProcess, call: Callable[[], None]) -> None:
        self._told = told
        told.append("begun")

    def result(self) -> None:
        self._told.append("done")

    def close(self) -> None:
        self._told.append("closed")


def projected(plan: Plan, root: Path) -> LadderProjection:
    """A finished plan on record."""
    projection = LadderProjection(plan, finished(plan, root), Ledger.open(open_store(root), plan.name))
    for run in plan.runs:
        projection.deliver(run)
    return projection


def is_free(slots: Slots) -> bool:
    """Whether a latency could be measured now."""
    try:
        with FileLock(slots.folder / "cpu-beside.lock", timeout=0):
            return True
    except Timeout:
        return False


def test_models_are_made_while_the_rest_is_published_and_no_latency_is_measured_beside_them(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(ladder_summary, "SubprocessCall", partial(Told, told))
    plan = standin_plan(variants=3, replicates=2)
    with publishing_models(projected(plan, root), plan, start, slots):
        assert not is_free(slots)
        told.append("published")
    assert told == ["begun", "begun", "published", "done", "done", "closed", "closed"]
    assert is_free(slots)


def test_a_process_that_cannot_be_started_is_an_export_that_failed(root: Path, slots: Slots) -> None:
    def start(target: str) -> Process:
        raise ProcessDiedError("twice")

    plan = standin_plan(variants=2, replicates=1)
    publishing = publishing_models(projected(plan, root), plan, start, slots)
    with pytest.raises(ExportError, match="twice"):
        publishing.__enter__()
    assert is_free(slots)


def test_where_publishing_fails_nobody_waits_for_models(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(ladder_summary, "SubprocessCall", partial(Told, told))
    plan = standin_plan(variants=2, replicates=1)
    with pytest.raises(KeyboardInterrupt), publishing_models(projected(plan, root), plan, start, slots):
        raise KeyboardInterrupt
    assert told == ["begun", "begun", "closed", "closed"]


def test_a_model_that_fails_does_not_keep_the_other_from_being_made(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class First(Told):
        def result(self) -> None:
            super().result()
            if told.count("done") == 1:
                raise ExportError("no luck")

    monkeypatch.setattr(ladder_summary, "SubprocessCall", partial(First, told))
    plan = standin_plan(variants=2, replicates=1)
    with pytest.raises(ExportError, match="no luck"), publishing_models(projected(plan, root), plan, start, slots):
        pass
    assert told == ["begun", "begun", "done", "done", "closed", "closed"]


def test_a_process_that_dies_makes_the_record_late_and_leaves_the_ladder_finished(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, said = standin_plan(variants=2, replicates=1), list[str]()
    store = finished(plan, root)
    monkeypatch.setattr(ladder_summary, "export_model", child_targets.die)

    def publish(projection: LadderProjection) -> None:
        with publishing_models(projection, plan, start, slots):
            pass

    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    recorder.start()
    assert not recorder.finish("FINISHED", publish)
    (late,) = [line for line in said if not line.startswith("recording in MLflow")]
    assert "which the next run delivers" in late
    assert "has died" in late
    assert mlflow_state.statuses(root, "standin").keys() == {"FINISHED"}
    mlflow_state.assert_whole(root, plan)
    again = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    again.start()
    assert again.finish("FINISHED", lambda projection: None)
