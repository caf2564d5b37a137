"""Opening a database for Optuna: what it may not be, its creation, and what its refusals mean."""

from __future__ import annotations

import importlib.util
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from optuna.storages import BaseStorage, RDBStorage, get_storage
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ablation.errors import UserError
from ablation.tuning.lock import database_lock

CONNECT_SECONDS = 5.0
BUSY_SECONDS = 60
"""How long a writer waits for another one's transaction in a SQLite file."""

_MLFLOWS = {"experiments", "runs"}
_DRIVERS = {
    "postgresql": {"psycopg2": "psycopg2", "psycopg": "psycopg"},
    "mysql": {"pymysql": "pymysql", "mysqldb": "MySQLdb"},
}
"""For each kind of database the drivers that a URL may leave unnamed, and the module of each."""

_PACKAGES = {"postgresql": "pip install psycopg2-binary (the extra `postgresql`)", "mysql": "pip install pymysql"}


def open_sqlite(file: Path) -> BaseStorage:
    """The storage in a SQLite file; a missing one is made whole or not at all. The caller holds the creation's lock.

    Write-ahead logging lets readers and writers of several processes overlap; it is kept in the file.

    Raises:
        UserError: the file is no database, another program's, or of another Optuna's schema.
    """
    if not (file.exists() and file.stat().st_size):
        _create_sqlite(file)
    with _explained(str(file)):
        _refuse_foreign(create_engine(_sqlite_url(file)), str(file))
        return get_storage(_sqlite_storage(file))


def open_database(url: URL, port: int | None, shown: str) -> BaseStorage:
    """The storage in a server's database, whose tables are made where they are missing.

    Args:
        url: with its password.
        port: the usual one of this kind of database.
        shown: the URL without its password, for messages.

    Raises:
        UserError: it does not answer within ``CONNECT_SECONDS`` or refuses, it is another program's or of another
            Optuna's schema, or the driver is not installed.
    """
    _reach(url, port, shown)
    with _explained(shown, url.get_backend_name()):
        engine = create_engine(url)
        with database_lock(engine, "creation"):
            _refuse_foreign(engine, shown)
            text = url.render_as_string(hide_password=False)
            # trainings take long, and a server drops connections that are idle for as long
            return get_storage(RDBStorage(text, engine_kwargs={"pool_pre_ping": True}))


def with_driver(url: URL) -> URL:
    """A server's URL with a driver that is installed, where it names none.

    SQLAlchemy takes one driver for granted, which changed with its version 2.1; whichever is there will do.
    """
    found = [name for name, module in _DRIVERS.get(url.drivername, {}).items() if importlib.util.find_spec(module)]
    return url.set(drivername=f"{url.drivername}+{found[0]}") if found else url


def _create_sqlite(file: Path) -> None:
    unfinished = file.with_name(file.name + ".new")
    for leftover in file.parent.glob(unfinished.name + "*"):
        leftover.unlink()
    made = _sqlite_storage(unfinished)
    made.engine.dispose()
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.replace(file)


def _sqlite_storage(file: Path) -> RDBStorage:
    return RDBStorage(_sqlite_url(file), engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}})


def _sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def _reach(url: URL, port: int | None, shown: str) -> None:
    """Fail in seconds where no database listens; a driver's own attempt takes minutes."""
    if not url.host or not (url.port or port):
        return
    try:
        socket.create_connection((url.host, url.port or port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise UserError(
            f"no database answers ({error})", place=shown, remedy="start it, or leave out --storage for the local file"
        ) from error


def _refuse_foreign(engine: Engine, shown: str) -> None:
    """Refuse a database whose migrations are another program's: whoever opens it second fails."""
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    if "studies" in tables or not tables & (_MLFLOWS | {"alembic_version"}):
        return
    owner = "MLflow" if tables >= _MLFLOWS else "another program"
    raise UserError(
        f"{owner} keeps its own record there, and the two cannot share a database",
        place=shown,
        remedy="give the studies a database of their own",
    )


@contextmanager
def _explained(shown: str, kind: str = "sqlite") -> Iterator[None]:
    """Turn what a driver and Optuna raise into a user's error that names no password."""
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:
        driver = _PACKAGES.get(kind, "use sqlite:///path")
        raise UserError("the database's driver is not installed", place=shown, remedy=driver) from error
    except RuntimeError as error:  # Optuna's word for a schema of another version
        raise UserError(
            "its tables were made by another version of Optuna",
            place=shown,
            remedy="back it up and run `optuna storage upgrade --storage URL`, or name another storage",
        ) from error
    except DBAPIError as error:
        reason = str(error.orig).strip().replace("\n", " ")
        raise UserError(f"Optuna cannot open this storage: {reason}", place=shown, remedy=_remedy(error)) from error
    except SQLAlchemyError as error:
        raise UserError(f"Optuna cannot open this storage ({error})", place=shown, remedy="name another one") from error


def _remedy(error: DBAPIError) -> str:
    if type(error) is DatabaseError:
        return "this file is no SQLite database; name another one"
    return "check user, password, rights and the database's name"
