"""One process at a time: a lock of the operating system on this machine, and of the database over all machines."""

from __future__ import annotations

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
    """Hold a study: nobody else creates, takes or hands in a trial meanwhile.

    Freed by death, both halves of it.

    Args:
        storage: of the study; the lock of one in a file lies beside that file, in ``locks/``, for all who open it.
        root: the project's folder for runs; holds ``locks/`` for storages that are no file.
        study: its name.
    """
    folder = (_folder(storage) or root) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"study-{_digest(study).hex()}.lock"), database_lock(_engine(storage), study):
        yield


@contextmanager
def database_lock(engine: Engine | None, name: str) -> Iterator[None]:
    """Hold a name in a database server; nothing where there is no server."""
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
    """Where the file of a storage lies; None where it is no file."""
    engine, backend = _engine(storage), _backend(storage)
    if engine and engine.dialect.name == "sqlite" and engine.url.database:
        return Path(engine.url.database).parent
    return Path(backend._file_path).parent if isinstance(backend, JournalFileBackend) else None


def _backend(storage: BaseStorage) -> Any:
    return getattr(storage, "_backend", storage)  # Optuna wraps a database into a cache and has no name for this


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"ablation {name}".encode()).digest()[:8]
