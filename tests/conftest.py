"""One thread for every test, as in a training slot, and an MLflow database that is created once for all tests."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from hypothesis import settings

from ablation.tracking.store import open_store


def pytest_sessionstart() -> None:
    """Collecting tests creates a million objects and hardly any garbage, and searching for garbage takes seconds."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Imported modules and collected tests stay to the end, so later searches for garbage skip them."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Let libraries that count their objects at the end of the process see them freed."""
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An empty MLflow database to copy, shared by the processes of a test run."""
    mine = tmp_path_factory.getbasetemp()
    root = (mine if worker_id == "master" else mine.parent) / "mlflow-template"
    root.mkdir(exist_ok=True)
    with FileLock(root / "made.lock"), pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        if not (root / "mlflow.db").exists():
            open_store(root)
    return root / "mlflow.db"


# the same examples every time, so that a change fails for what it changed; a first use of torch may take seconds
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("repeatable")
