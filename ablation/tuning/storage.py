"""The storage of Optuna's studies: a SQLite file of the project, a database server, or a journal file."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ablation.errors import UserError
from ablation.tracking.database import shown
from ablation.tuning.database import open_server, open_sqlite, with_driver

_STORAGE_VARIABLE = "OPTUNA_STORAGE"
_DATABASES = ("sqlite", "postgresql", "mysql")
_KINDS = "use sqlite:///path/optuna.db, postgresql://..., mysql://... or journal:///path/optuna.journal"
_JOURNAL = "journal://"
_JOURNAL_ENDINGS = (".journal", ".log")


@dataclass(frozen=True)
class OpenedStorage:
    """An open storage.

    Args:
        url: for Optuna's own tools, with the password: a database's URL, or the path of a journal.
        shown: the same without a password.
        root: the project's folder for runs; processes that share a study on one machine have the same one.
    """

    storage: BaseStorage
    url: str
    shown: str
    root: Path


def open_storage(root: Path, url: str | None = None) -> OpenedStorage:
    """Open the storage, create it if it is missing, and check that Optuna can use it.

    Several processes may do so at the same time, which is not safe with Optuna alone.

    Args:
        root: the project's folder for runs; holds ``optuna.db`` by default.
        url: of a database, of a journal (``journal:///path``) or a journal's path (``.journal``, ``.log``); else
            ``OPTUNA_STORAGE``; else ``sqlite:///<root>/optuna.db``.

    Raises:
        UserError: an unknown kind, a storage in memory, a file or folder that cannot be written, a database that does
            not answer or refuses the connection, one of MLflow or another program, one with the schema of another
            Optuna version, or a driver that is not installed.
    """
    chosen = url or os.environ.get(_STORAGE_VARIABLE)
    place = "--storage" if url else _STORAGE_VARIABLE
    if not chosen:
        root.mkdir(parents=True, exist_ok=True)
        return _sqlite(root.absolute() / "optuna.db", root)
    if chosen.startswith(_JOURNAL) or ("://" not in chosen and chosen.endswith(_JOURNAL_ENDINGS)):
        return _journal(Path(chosen.removeprefix(_JOURNAL)).expanduser().absolute(), root)
    database = with_driver(_database_url(chosen, place))
    if database.get_backend_name() == "sqlite":
        return _sqlite(Path(database.database or "").expanduser().absolute(), root)
    with _creation(root):
        storage = open_server(database)
    return OpenedStorage(storage, database.render_as_string(hide_password=False), shown(database), root)


def storage_exists(root: Path, url: str | None = None) -> bool:
    """Whether the local storage exists; True without a check if a URL names another storage."""
    return bool(url or os.environ.get(_STORAGE_VARIABLE)) or (root / "optuna.db").exists()


def _sqlite(file: Path, root: Path) -> OpenedStorage:
    _refuse_unwritable(file)
    if file.name == "mlflow.db" or _is_mlflows(file):
        problem = "MLflow keeps its own record there, and the two cannot share a database"
        remedy = "give the studies a file of their own: sqlite:///path/optuna.db"
        raise UserError(problem, place=str(file), remedy=remedy)
    text = f"sqlite:///{file}"
    with _creation(file.parent):
        storage = open_sqlite(file)
    return OpenedStorage(storage, text, text, root)


def _journal(file: Path, root: Path) -> OpenedStorage:
    _refuse_unwritable(file)
    try:
        _mend(file)
        storage = JournalStorage(JournalFileBackend(str(file)))
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        problem = f"this file is no journal of Optuna's, or a damaged one ({error})"
        remedy = "name another file; of a damaged journal, keep the lines before the first that is no JSON"
        raise UserError(problem, place=str(file), remedy=remedy) from error
    return OpenedStorage(storage, str(file), str(file), root)


def _mend(file: Path) -> None:
    """Remove an incomplete last line, which a process that was killed while writing leaves in a journal."""
    if not file.exists():
        return
    lock = JournalFileSymlinkLock(str(file))
    lock.acquire()
    try:
        with file.open("r+b") as journal:
            lines = journal.read().splitlines(keepends=True)
            complete = [line for line in lines if line.endswith(b"\n")]
            for line in complete[:1] + complete[-1:]:  # Optuna checks all but the last
                json.loads(line)
            journal.truncate(sum(map(len, complete)))
    finally:
        lock.release()


@contextmanager
def _creation(folder: Path) -> Iterator[None]:
    """Lock the creation of a storage: one process at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "optuna.lock"):
        yield


def _refuse_unwritable(file: Path) -> None:
    """Raise a clear error for paths at which SQLite and Optuna fail with a traceback."""
    folder, problem = file.parent, ""
    if not folder.is_dir():
        problem = "its folder does not exist"
    elif file.is_dir():
        problem = "it is a folder, not a file"
    elif not all(os.access(path, os.W_OK) for path in (file, folder) if path.exists()):
        problem = "it cannot be written"
    if problem:
        remedy = "make the folder, or name another file"
        raise UserError(f"studies cannot be kept there: {problem}", place=str(file), remedy=remedy)


def _is_mlflows(file: Path) -> bool:
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    return uri.startswith("sqlite:///") and Path(make_url(uri).database or "").absolute() == file


def _database_url(text: str, place: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        hidden = re.sub(r"[:/].*@", "://***@", text)
        raise UserError(f"{hidden!r} is no storage", place=place, remedy=_KINDS) from None
    if url.get_backend_name() not in _DATABASES:
        raise UserError(f"Optuna's studies cannot be kept in {shown(url)!r}", place=place, remedy=_KINDS)
    if url.get_backend_name() == "sqlite" and (url.database in (None, "", ":memory:") or "mode" in url.query):
        raise UserError("a storage in memory is lost with its process", place=place, remedy=_KINDS)
    return url
