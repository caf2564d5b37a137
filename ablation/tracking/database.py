"""Creates a SQLite database for MLflow, completely or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ablation.tracking.client import quiet_import

with quiet_import():
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore


def create_sqlite(path: Path, artifacts: Path) -> None:
    """Create MLflow's tables in a new file and move it into place; the caller holds the store's lock.

    A process killed half-way leaves only the unfinished file, which the next call replaces. Write-ahead logging lets
    readers and writers of several processes work at once; the setting is stored in the file.

    Args:
        path: of the database.
        artifacts: folder that MLflow's own default experiment would use.
    """
    unfinished = path.with_name(path.name + ".new")
    for leftover in path.parent.glob(unfinished.name + "*"):
        leftover.unlink()
    _create_tables(f"sqlite:///{unfinished}", artifacts)
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.replace(path)


def _create_tables(uri: str, artifacts: Path) -> None:
    store = SqlAlchemyStore(uri, str(artifacts))  # type: ignore[no-untyped-call]
    store.engine.dispose()
