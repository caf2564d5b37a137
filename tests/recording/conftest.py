"""A folder with an empty MLflow database, and processes that know the test targets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import child_targets
import pytest

from ablation.experiment.execution.fork_server import process_starter
from ablation.experiment.execution.process import StartProcess


@pytest.fixture
def root(mlflow_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a store, of which the environment names no other tracking server."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    return tmp_path


@pytest.fixture(scope="module")
def start() -> Iterator[StartProcess]:
    with process_starter((), {**os.environ, "PYTHONPATH": str(Path(child_targets.__file__).parent)}) as start:
        yield start
