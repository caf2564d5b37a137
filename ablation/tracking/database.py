"""Databases of MLflow's and of Optuna's: their URLs, and SQLite files that are created completely or not at all."""

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from ablation.errors import UserError

_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
_CONNECT_SECONDS = 5.0


def shown(url: URL) -> str:
    """A URL without its password, also where a query parameter holds it."""
    query = {key: "***" if "pass" in key.lower() else value for key, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def require_answer(url: URL, otherwise: str) -> None:
    """Raise ``UserError`` within seconds if no database listens; a driver's own attempts take minutes.

    ``otherwise`` is what the user can do instead of starting it.
    """
    port = url.port or _PORTS.get(url.get_backend_name())
    if not url.host or not port:
        return
    try:
        socket.create_connection((url.host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        remedy = f"start it, or {otherwise}"
        raise UserError(f"no database answers ({error})", place=shown(url), remedy=remedy) from error


def create_sqlite(file: Path, create_tables: Callable[[str], None]) -> None:
    """Create a database in a new file and move it into place; the caller holds the lock of its creation.

    A process killed half-way leaves only the unfinished file, which the next call replaces. Write-ahead logging lets
    readers and writers of several processes work at once; the setting is stored in the file. ``create_tables`` takes
    the URL of the new database.
    """
    unfinished = file.with_name(file.name + ".new")
    for leftover in file.parent.glob(unfinished.name + "*"):
        leftover.unlink()
    create_tables(f"sqlite:///{unfinished}")
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.replace(file)
