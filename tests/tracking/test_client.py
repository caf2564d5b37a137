"""Clients are bound to their store."""

from __future__ import annotations

import warnings
from pathlib import Path

import mlflow
import pytest

from ablation.tracking.client import connect, quiet_import
from ablation.tracking.store import TrackingStore


def test_a_client_speaks_to_its_store_whatever_the_global_uri_is(
    store: TrackingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/another.db")
    before = mlflow.get_tracking_uri()
    client = connect(store.uri)
    client.create_experiment("mine")
    assert client.tracking_uri == store.uri
    assert client.get_experiment_by_name("mine") is not None
    assert mlflow.get_tracking_uri() == before
    assert not (tmp_path / "another.db").exists()


def test_other_warnings_are_still_shown() -> None:
    with pytest.warns(UserWarning, match="mine"), quiet_import():
        warnings.warn("mine", UserWarning, stacklevel=1)
