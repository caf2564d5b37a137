"""A store of runs made once and copied: making one takes seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ablation.tracking.store import open_store


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        open_store(root)
    return root / "mlflow.db"


@pytest.fixture
def new_root(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Makes folders with an empty store each."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def make() -> Path:
        root = tmp_path / f"store{len(list(tmp_path.iterdir()))}"
        root.mkdir()
        shutil.copy(template, root / "mlflow.db")
        return root

    return make
