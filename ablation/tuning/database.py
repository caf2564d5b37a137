"""Opens a database for Optuna: creates it, checks it, and turns its errors into messages for users."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna.storages import BaseStorage, RDBStorage, get_storage
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ablation.errors import UserError
from ablation.tracking.database import create_sqlite, require_answer, shown
from ablation.tuning.lock import database_lock

_BUSY_SECONDS = 60
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

    Raises:
        UserError: the file is no database, belongs to another program, or has the schema of another Optuna version.
    """
    if not (file.exists() and file.stat().st_size):
        create_sqlite(file, lambda url: _sqlite_storage(url).engine.dispose())
    url = f"sqlite:///{file}"
    with _explaining_errors(str(file)):
        _refuse_foreign(create_engine(url), str(file))
        return get_storage(_sqlite_storage(url))


def open_server(url: URL) -> BaseStorage:
    """The storage in a server's database; missing tables are created.

    Raises:
        UserError: it does not answer within seconds or refuses the connection, belongs to another program, has the
            schema of another Optuna version, or the driver is not installed.
    """
    require_answer(url, "leave out --storage for the local file")
    with _explaining_errors(shown(url), url.get_backend_name()):
        engine = create_engine(url)
        with database_lock(engine, "creation"):
            _refuse_foreign(engine, shown(url))
            text = url.render_as_string(hide_password=False)
            # trainings take long, and servers drop idle connections
            return get_storage(RDBStorage(text, engine_kwargs={"pool_pre_ping": True}))


def with_driver(url: URL) -> URL:
    """A server's URL that names an installed driver; unchanged if it names one or none is installed.

    SQLAlchemy assumes one driver, which changed with its version 2.1; any installed one works.
    """
    installed = [name for name, module in _DRIVERS.get(url.drivername, {}).items() if importlib.util.find_spec(module)]
    return url.set(drivername=f"{url.drivername}+{installed[0]}") if installed else url


def _sqlite_storage(url: str) -> RDBStorage:
    return RDBStorage(url, engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}})


def _refuse_foreign(engine: Engine, place: str) -> None:
    """Refuse a database that holds another program's migrations: the two programs cannot share it."""
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    if "studies" in tables or not tables & (_MLFLOWS | {"alembic_version"}):
        return
    owner = "MLflow" if tables >= _MLFLOWS else "another program"
    problem = f"{owner} keeps its own record there, and the two cannot share a database"
    raise UserError(problem, place=place, remedy="give the studies a database of their own")


@contextmanager
def _explaining_errors(place: str, kind: str = "sqlite") -> Iterator[None]:
    """Turn errors of a driver and of Optuna into a ``UserError`` without the password."""
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:
        driver = _PACKAGES.get(kind, "use sqlite:///path")
        raise UserError("the database's driver is not installed", place=place, remedy=driver) from error
    except RuntimeError as error:  # what Optuna raises for the schema of another version
        remedy = "back it up and run `optuna storage upgrade --storage URL`, or name another storage"
        raise UserError("its tables were made by another version of Optuna", place=place, remedy=remedy) from error
    except DBAPIError as error:
        reason = str(error.orig).strip().replace("\n", " ")
        remedy = "check user, password, rights and the database's name"
        if type(error) is DatabaseError:
            remedy = "this file is no SQLite database; name another one"
        raise UserError(f"Optuna cannot open this storage: {reason}", place=place, remedy=remedy) from error
    except SQLAlchemyError as error:
        raise UserError(f"Optuna cannot open this storage ({error})", place=place, remedy="name another one") from error
