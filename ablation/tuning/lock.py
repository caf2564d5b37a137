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
    """Lock a study, by its name: no other process creates, takes or hands in a trial meanwhile.

    Both locks are freed when the process dies. The file lock lies in ``locks/`` beside a storage that is a file, else
    in the project's folder for runs, ``root``.
    """
    backend = getattr(storage, "_backend", storage)  # Optuna wraps a database in a cache, without public access
    engine = backend.engine if isinstance(backend, RDBStorage) else None
    folder = (_folder(backend, engine) or root) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"study-{_digest(study).hex()}.lock"), database_lock(engine, study):
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
        parameters = {"name": _digest(name).hex()}
        with engine.connect() as connection:
            connection.execute(text("SELECT GET_LOCK(:name, -1)"), parameters)
            try:
                yield
            finally:
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), parameters)
    else:
        yield


def _folder(backend: Any, engine: Engine | None) -> Path | None:
    """The folder of a storage's file; None if it is not a file."""
    if engine and engine.dialect.name == "sqlite" and engine.url.database:
        return Path(engine.url.database).parent
    return Path(backend._file_path).parent if isinstance(backend, JournalFileBackend) else None


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"ablation {name}".encode()).digest()[:8]
