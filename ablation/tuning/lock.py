"""One process at a time: a lock of the operating system on this machine, and of the database over all machines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy import text
from sqlalchemy.engine import Engine


@contextmanager
def study_lock(storage: BaseStorage, root: Path, study: str) -> Iterator[None]:
    """Hold a study: nobody else creates, takes or hands in a trial meanwhile.

    Freed by death, both halves of it. Processes with different roots exclude each other on a database server only.

    Args:
        storage: of the study.
        root: the project's folder for runs; holds ``locks/``.
        study: its name.
    """
    folder = root / "locks"
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
    backend = getattr(storage, "_backend", storage)  # Optuna wraps a database into a cache and has no name for this
    return backend.engine if isinstance(backend, RDBStorage) else None


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"ablation {name}".encode()).digest()[:8]
