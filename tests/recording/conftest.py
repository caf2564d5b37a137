"""A folder with an empty MLflow database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def root(mlflow_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a store, of which the environment names no other tracking server."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    return tmp_path
