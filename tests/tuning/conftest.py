"""Storages of every kind for the same tests; SQLite files are made once and copied, as making one takes seconds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from optuna.storages import InMemoryStorage
from postgresql import Server, binaries, running_server

from ablation.tuning.storage import OpenedStorage, open_storage

Opener = Callable[[], OpenedStorage]
"""Opens the test's storage as another process would."""

LASTING = ("sqlite", "journal", "postgresql")
_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def no_storage_of_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPTUNA_STORAGE", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPTUNA_STORAGE", raising=False)
        open_storage(root).storage.remove_session()
    return root / "optuna.db"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if not binaries():
        pytest.skip("no PostgreSQL server on this machine: apt-get install -y postgresql")
    with running_server() as started:
        yield started


@pytest.fixture
def sqlite(template: Path, tmp_path: Path) -> Opener:
    shutil.copy(template, tmp_path / "optuna.db")
    return lambda: open_storage(tmp_path)


@pytest.fixture
def memory(tmp_path: Path) -> Opener:
    """What every process would see, within one."""
    opened = OpenedStorage(InMemoryStorage(), "memory", "memory", tmp_path)
    return lambda: opened


@pytest.fixture(params=["memory", *(pytest.param(kind, marks=pytest.mark.slow) for kind in LASTING)])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return kind_of_opener(request, tmp_path, request.param)


@pytest.fixture(params=["sqlite", *(pytest.param(kind, marks=pytest.mark.slow) for kind in LASTING[1:])])
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Only storages that outlive a process."""
    return kind_of_opener(request, tmp_path, request.param)


def kind_of_opener(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Opener:
    if kind in ("sqlite", "memory"):
        found: Opener = request.getfixturevalue(kind)
        return found
    if kind == "journal":
        return lambda: open_storage(tmp_path, str(tmp_path / "optuna.journal"))
    url = request.getfixturevalue("server").new_database(f"studies{next(_NUMBERS)}")
    return lambda: open_storage(tmp_path, url)
