"""The tracking store: a SQLite file of the project, a database, or an MLflow server."""

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ablation.errors import UserError
from ablation.tracking.database import create_sqlite, require_answer, shown
from ablation.tracking.preflight import REMEDY, refuse_unusable, unusable

_ENVIRONMENT = "MLFLOW_TRACKING_URI"
_UNSET = f"unset {_ENVIRONMENT} for the local store"
_SERVERS = ("http://", "https://")
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_REACH_SECONDS = 5.0


@dataclass(frozen=True)
class TrackingStore:
    """An opened tracking store.

    Args:
        uri: MLflow's tracking URI, absolute.
        artifacts: folder of the experiments' files, absolute; None if a server decides.
    """

    uri: str
    artifacts: Path | None

    @property
    def is_server(self) -> bool:
        return self.uri.startswith(_SERVERS)


def open_store(root: Path, uri: str | None = None) -> TrackingStore:
    """Find the store, create it if it is missing, and check that MLflow can use it.

    Several processes may call this at once. MLflow's own creation is not safe against that, so call this before any
    other process opens the store.

    Args:
        root: the project's folder for runs; holds ``mlflow.db`` and ``artifacts/`` by default.
        uri: a tracking URI; by default ``MLFLOW_TRACKING_URI``, else ``sqlite:///<root>/mlflow.db``.

    Raises:
        UserError: a folder or ``file:`` URI (MLflow no longer writes to those), an unknown kind, a server or database
            that does not answer, a database that MLflow cannot read or with a schema of another version.
    """
    uri = uri or os.environ.get(_ENVIRONMENT)
    if uri and uri.startswith(_SERVERS):
        return _open_server(uri)
    url = _database_url(uri) if uri else URL.create("sqlite", database=str(root.absolute() / "mlflow.db"))
    return _open_database(url, root)


def _open_server(uri: str) -> TrackingStore:
    try:
        with urllib.request.urlopen(uri, timeout=_REACH_SECONDS):
            pass
    except urllib.error.HTTPError as answer:
        answer.close()  # the check below shows whether what answers is an MLflow server
    except (OSError, ValueError) as error:
        remedy = f"start it, or {_UNSET}"
        raise UserError(f"no MLflow server answers ({error})", place=uri, remedy=remedy) from error
    remedy = "is this an MLflow server, and are MLFLOW_TRACKING_USERNAME and _PASSWORD set where it asks for them?"
    _check(uri, uri, remedy)
    return TrackingStore(uri, artifacts=None)


def _open_database(url: URL, root: Path) -> TrackingStore:
    require_answer(url, _UNSET)
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    home = file.parent if file else root.absolute()
    store = TrackingStore(_text(url), artifacts=home / "artifacts")
    if file:
        refuse_unusable(file)
    home.mkdir(parents=True, exist_ok=True)
    from ablation.tracking.client import create_tables  # importing MLflow takes seconds, so before the lock

    with FileLock(home / "mlflow.lock"):
        if file and not (file.exists() and file.stat().st_size):
            create_sqlite(file, lambda uri: create_tables(uri, home / "artifacts"))
        _check(store.uri, shown(url), REMEDY)
    return store


def _database_url(uri: str) -> URL:
    try:
        url = make_url(uri)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in _DATABASES:
        raise UserError(
            f"MLflow cannot record to {uri!r}",
            place=_ENVIRONMENT if os.environ.get(_ENVIRONMENT) == uri else "tracking URI",
            remedy="use sqlite:///path/mlflow.db, postgresql://..., or the http(s):// address of an MLflow server"
            " (plain folders and file: are no longer written by MLflow; `mlflow migrate-filestore` converts one)",
        )
    if url.get_backend_name() != "sqlite":
        return url
    if url.database in (None, "", ":memory:"):
        raise UserError("a store in memory is lost with its process", place=uri, remedy="use sqlite:///path/mlflow.db")
    return url.set(database=str(Path(url.database).expanduser().absolute()))


def _text(url: URL) -> str:
    """The URL as text for MLflow: a SQLite path unescaped if possible, since MLflow creates folders from the text."""
    plain = f"sqlite:///{url.database}"
    readable = url.get_backend_name() == "sqlite" and not url.query and make_url(plain).database == url.database
    return plain if readable else url.render_as_string(hide_password=False)


def _check(uri: str, place: str, remedy: str) -> None:
    """Make one small query, in which MLflow also upgrades a database that lacks tables."""
    from ablation.tracking.client import connect
    from ablation.tracking.failure import TrackingError, delivered

    try:
        delivered(connect)(uri).search_experiments(max_results=1)
    except (TrackingError, ImportError) as error:
        raise unusable(error, place, remedy) from error
