from __future__ import annotations

import time

import mlflow
import pytest
from mlflow import MlflowClient

from ablation.errors import UserError
from ablation.tracking.failure import TrackingError
from ablation.tracking.ledger import Ledger
from ablation.tracking.names import VERSION, Tag
from ablation.tracking.store import TrackingStore


def test_what_is_logged_is_what_search_runs_returns(store: TrackingStore, ledger: Ledger) -> None:
    parent = ledger.enter("ladder", "digits")
    record = ledger.enter("a", "baseline r0", parent=parent.run_id, tags={"seed": "0"}, params={"optimizer.lr": "0.1"})
    record.log([(1, {"val/loss": 0.5}), (2, {"val/loss": 0.25})])
    record.log(summary={"test/acc@1": 0.9})
    record.close("FINISHED")

    frame = mlflow.MlflowClient(store.uri).search_runs([ledger.experiment_id], f"attributes.run_id = '{record.run_id}'")
    (run,) = frame
    assert run.data.metrics == {"val/loss": 0.25, "test/acc_at_1": 0.9}
    assert run.data.params == {"optimizer.lr": "0.1"}
    assert run.data.tags["mlflow.parentRunId"] == parent.run_id
    assert (run.info.status, run.info.run_name) == ("FINISHED", "baseline r0")

    found = ledger.find()
    assert {key: each.status for key, each in found.items()} == {"ladder": "RUNNING", "a": "FINISHED"}
    assert found["a"].metrics == run.data.metrics
    assert found["a"].params == run.data.params
    assert found["a"].tags["seed"] == "0"
    assert list(ledger.find(parent=parent.run_id)) == ["a"]


def test_a_run_is_re_entered_under_its_own_id(ledger: Ledger) -> None:
    first = ledger.enter("a", "run", tags={"state": "new"}, params={"lr": "0.1"})
    first.close("KILLED")
    again = ledger.enter("a", "renamed", tags={"state": "again"}, params={"lr": "0.1", "gamma": "2.0"})
    assert again.run_id == first.run_id
    (found,) = ledger.find().values()
    assert (found.status, found.tags["mlflow.runName"], found.tags["state"]) == ("RUNNING", "renamed", "again")
    assert found.params == {"lr": "0.1", "gamma": "2.0"}


def test_two_ledgers_of_one_experiment_see_each_other(store: TrackingStore, ledger: Ledger) -> None:
    other = Ledger.open(store, "digits")
    assert other.experiment_id == ledger.experiment_id
    assert other.enter("a", "run").run_id == ledger.enter("a", "run").run_id


def test_the_artifacts_lie_below_the_store_under_the_experiments_name(store: TrackingStore) -> None:
    record = Ledger.open(store, "my digits/2").enter("a", "run")
    assert store.artifacts is not None
    assert record.artifact_uri.startswith((store.artifacts / "my_digits_2").as_uri())


def test_a_key_with_quotation_marks_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="quotation"):
        ledger.enter("a' OR '1", "run")


def test_an_experiment_in_the_bin_is_named_with_what_to_do(store: TrackingStore, ledger: Ledger) -> None:
    MlflowClient(store.uri).delete_experiment(ledger.experiment_id)
    with pytest.raises(UserError, match="restore"):
        Ledger.open(store, "digits")


def test_a_run_deleted_in_mlflow_is_made_anew(store: TrackingStore, ledger: Ledger) -> None:
    first = ledger.enter("a", "run")
    MlflowClient(store.uri).delete_run(first.run_id)
    assert not ledger.find()
    with pytest.raises(TrackingError):
        first.log(summary={"x": 1.0})
    assert ledger.enter("a", "run").run_id != first.run_id


def test_all_pages_are_found_and_runs_of_others_left_out(store: TrackingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablation.tracking.ledger.PAGE", 3)
    ledger = Ledger.open(store, "paged")
    MlflowClient(store.uri).create_run(ledger.experiment_id, run_name="by hand")
    for key in range(7):
        ledger.enter(str(key), "run")
    assert set(ledger.find()) == {str(key) for key in range(7)}


def test_no_active_run_and_no_tracking_uri_are_left_behind(ledger: Ledger) -> None:
    before = mlflow.get_tracking_uri()
    ledger.enter("a", "run").log(summary={"x": 1.0})
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() == before


@pytest.mark.evidence
def test_two_thousand_runs_are_found_in_seconds(store: TrackingStore, ledger: Ledger) -> None:
    client = MlflowClient(store.uri)
    for key in range(2000):
        tags = {Tag.KEY: str(key), Tag.PROJECTION: str(VERSION)} | {f"tag{k}": "x" for k in range(10)}
        client.create_run(ledger.experiment_id, tags=tags)
    start = time.perf_counter()
    assert len(ledger.find()) == 2000
    print("find", time.perf_counter() - start)
    start = time.perf_counter()
    ledger.enter("1500", "run")
    print("enter", time.perf_counter() - start)


def test_runs_of_another_version_are_neither_found_nor_entered(store: TrackingStore) -> None:
    old, new = (Ledger.open(store, "versions", version) for version in (1, 2))
    first, second = (ledger.enter("a", "run") for ledger in (old, new))
    assert first.run_id != second.run_id
    assert new.enter("a", "run").run_id == second.run_id
    assert [ledger.find()["a"].run_id for ledger in (old, new)] == [first.run_id, second.run_id]
    old.enter("b", "run").close("FINISHED")
    assert [run.run_id for run in new.retire_others("a")] == [first.run_id]


def test_retired_runs_are_stale_and_none_is_left_running(store: TrackingStore) -> None:
    old, new = (Ledger.open(store, "versions", version) for version in (1, 2))
    for key in ("x/a", "x/b", "y/a"):
        old.enter(key, "run")
    old.enter("x/b", "run").close("FAILED")
    new.enter("x/a", "run")
    new.retire_others("x/", "z/")
    assert {key: (run.status, Tag.STALE in run.tags) for key, run in old.find().items()} == {
        "x/a": ("KILLED", True),
        "x/b": ("FAILED", True),
        "y/a": ("RUNNING", False),
    }
    assert {key: (run.status, Tag.STALE in run.tags) for key, run in new.find().items()} == {"x/a": ("RUNNING", False)}
