"""A store made once and copied for each test: making one takes seconds."""

from __future__ import annotations

import multiprocessing
import shutil
import textwrap
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from ablation.tracking.ledger import Ledger
from ablation.tracking.store import TrackingStore, open_store


@pytest.fixture(autouse=True)
def no_tracking_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def store(mlflow_template: Path, tmp_path: Path) -> TrackingStore:
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    return open_store(tmp_path)


@pytest.fixture
def ledger(store: TrackingStore) -> Ledger:
    return Ledger.open(store, "digits")


@pytest.fixture(scope="session")
def start() -> Callable[..., BaseProcess]:
    """Starts a process that runs a Python text, with the other arguments as its tuple ``arguments``."""
    # a server that has imported mlflow and forks: a new process in milliseconds, with no state of this one
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ablation.tracking.ledger", "mlflow.store.tracking.sqlalchemy_store"])

    def start(code: str, *arguments: object) -> BaseProcess:
        process = context.Process(target=exec, args=(textwrap.dedent(code), {"arguments": arguments}))
        process.start()
        return process

    return start
