"""A store of runs made once and copied: making one takes seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def new_root(mlflow_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Makes folders with an empty store each."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def make() -> Path:
        root = tmp_path / f"store{len(list(tmp_path.iterdir()))}"
        root.mkdir()
        shutil.copy(mlflow_template, root / "mlflow.db")
        return root

    return make
