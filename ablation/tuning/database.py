"""Opens a database for Optuna: creates it, checks it, and turns its errors into messages for users."""

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
"""How long a writer waits for another transaction in a SQLite file."""

_MLFLOWS = {"experiments", "runs"}
_DRIVERS = {
    "postgresql": {"psycopg2": "psycopg2", "psycopg": "psycopg"},
    "mysql": {"pymysql": "pymysql", "mysqldb": "MySQLdb"},
}
"""For each kind of database the drivers to choose from if a URL names none, with the module of each."""

_PACKAGES = {"postgresql": "pip install psycopg2-binary (the extra `postgresql`)", "mysql": "pip install pymysql"}


def open_sqlite(file: Path) -> BaseStorage:
    """The storage in a SQLite file; a missing file is created atomically. The caller holds the lock of its creation.

    Write-ahead logging lets several processes read and write at the same time; the file keeps that mode.

    Raises:
        UserError: the file is no database, belongs to another program, or has the schema of another Optuna version.
    """
    if not (file.exists() and file.stat().st_size):
        _create_sqlite(file)
    with _explaining_errors(str(file)):
        _refuse_foreign(create_engine(_sqlite_url(file)), str(file))
        return get_storage(_sqlite_storage(file))


def open_database(url: URL, port: int | None, shown: str) -> BaseStorage:
    """The storage in a server's database; missing tables are created.

    Args:
        url: with its password.
        port: the default port of this kind of database.
        shown: the URL without its password, for messages.

    Raises:
        UserError: it does not answer within ``CONNECT_SECONDS`` or refuses the connection, belongs to another program,
            has the schema of another Optuna version, or the driver is not installed.
    """
    _reach(url, port, shown)
    with _explaining_errors(shown, url.get_backend_name()):
        engine = create_engine(url)
        with database_lock(engine, "creation"):
            _refuse_foreign(engine, shown)
            text = url.render_as_string(hide_password=False)
            # trainings take long, and servers drop idle connections
            return get_storage(RDBStorage(text, engine_kwargs={"pool_pre_ping": True}))


def with_driver(url: URL) -> URL:
    """A server's URL that names an installed driver; unchanged if it names one or none is installed.

    SQLAlchemy assumes one driver, which changed with its version 2.1; any installed one works.
    """
    installed = [name for name, module in _DRIVERS.get(url.drivername, {}).items() if importlib.util.find_spec(module)]
    return url.set(drivername=f"{url.drivername}+{installed[0]}") if installed else url


def _create_sqlite(file: Path) -> None:
    unfinished = file.with_name(file.name + ".new")
    for leftover in file.parent.glob(unfinished.name + "*"):
        leftover.unlink()
    _sqlite_storage(unfinished).engine.dispose()
    with closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    unfinished.replace(file)


def _sqlite_storage(file: Path) -> RDBStorage:
    return RDBStorage(_sqlite_url(file), engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}})


def _sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def _reach(url: URL, port: int | None, shown: str) -> None:
    """Fail within seconds if no database listens; a driver's own attempt takes minutes."""
    if not url.host or not (url.port or port):
        return
    try:
        socket.create_connection((url.host, url.port or port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise UserError(
            f"no database answers ({error})", place=shown, remedy="start it, or leave out --storage for the local file"
        ) from error


def _refuse_foreign(engine: Engine, shown: str) -> None:
    """Refuse a database that holds another program's migrations: the two programs cannot share it."""
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
def _explaining_errors(shown: str, kind: str = "sqlite") -> Iterator[None]:
    """Turn errors of a driver and of Optuna into a ``UserError`` without the password."""
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:
        driver = _PACKAGES.get(kind, "use sqlite:///path")
        raise UserError("the database's driver is not installed", place=shown, remedy=driver) from error
    except RuntimeError as error:  # what Optuna raises for the schema of another version
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
