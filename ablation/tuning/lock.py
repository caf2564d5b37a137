"""Mutual exclusion: a file lock between processes of this machine, and a database lock between machines."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy import text
from sqlalchemy.engine import Engine


@contextmanager
def study_lock(storage: BaseStorage, root: Path, study: str) -> Iterator[None]:
    """Lock a study: no other process creates, takes or hands in a trial meanwhile.

    Both locks are freed when the process dies.

    Args:
        storage: of the study; the file lock lies in ``locks/`` beside a storage that is a file.
        root: the project's folder for runs; holds ``locks/`` for other storages.
        study: its name.
    """
    folder = (_folder(storage) or root) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"study-{_digest(study).hex()}.lock"), database_lock(_engine(storage), study):
        yield


@contextmanager
def database_lock(engine: Engine | None, name: str) -> Iterator[None]:
    """Lock a name in a database server; without a server, do nothing."""
    kind = engine.dialect.name if engine else ""
    if engine and kind == "postgresql":
        key = int.from_bytes(_digest(name), "big", signed=True)
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield
    elif engine and kind == "mysql":
        with engine.connect() as connection:
            connection.execute(text("SELECT GET_LOCK(:name, -1)"), {"name": _digest(name).hex()})
            try:
                yield
            finally:
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _digest(name).hex()})
    else:
        yield


def _engine(storage: BaseStorage) -> Engine | None:
    backend = _backend(storage)
    return backend.engine if isinstance(backend, RDBStorage) else None


def _folder(storage: BaseStorage) -> Path | None:
    """The folder of a storage's file; None if it is not a file."""
    engine, backend = _engine(storage), _backend(storage)
    if engine and engine.dialect.name == "sqlite" and engine.url.database:
        return Path(engine.url.database).parent
    return Path(backend._file_path).parent if isinstance(backend, JournalFileBackend) else None


def _backend(storage: BaseStorage) -> Any:
    return getattr(storage, "_backend", storage)  # Optuna wraps a database in a cache, without public access


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"ablation {name}".encode()).digest()[:8]
