from __future__ import annotations

from pathlib import Path

import pytest
from bench import Bench


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasets")


@pytest.fixture
def bench(datasets: Path, tmp_path: Path) -> Bench:
    return Bench.of(tmp_path, datasets)
