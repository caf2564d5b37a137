"""A SQLite database for MLflow, whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from ablation.tracking.ledger import Ledger
from ablation.tracking.store import TrackingStore, open_store

OPEN = """
    from pathlib import Path
    from ablation.tracking.ledger import Ledger
    from ablation.tracking.store import open_store

    root, key = arguments
    Ledger.open(open_store(root), "race").enter(key, "run").close("FINISHED")
"""


def journal(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_the_default_is_a_sqlite_file_with_write_ahead_logging_below_the_root(
    store: TrackingStore, tmp_path: Path
) -> None:
    assert store == TrackingStore(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "artifacts")
    assert journal(tmp_path / "mlflow.db") == "wal"
    assert not list(tmp_path.glob("*.new*"))


@pytest.mark.slow
def test_four_processes_may_start_on_a_missing_store_over_what_a_killed_one_left(
    start: Callable[..., BaseProcess], tmp_path: Path
) -> None:
    (tmp_path / "mlflow.db.new").write_bytes(b"half a database")
    processes = [start(OPEN, tmp_path, str(k)) for k in range(4)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    found = Ledger.open(open_store(tmp_path), "race").find()
    assert {key: run.status for key, run in found.items()} == {str(k): "FINISHED" for k in range(4)}
    assert journal(tmp_path / "mlflow.db") == "wal"
