"""Checks of a local store that take milliseconds and do not import mlflow.

A store that is refused here would be refused by ``open_store`` too, seconds later. Problems that only MLflow itself can
find are not found here.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from ablation.errors import UserError

REMEDY = "back it up and run `mlflow db upgrade` on it, or name another store"
_MIGRATIONS = Path("store", "db_migrations", "versions")
_BUSY_SECONDS = 0.2
_REVISION = re.compile(r'^(revision|down_revision)\b[^=\n]*=\s*"(\w+)"', re.MULTILINE)


def refuse_unusable(database: Path) -> None:
    """Refuse a SQLite file that MLflow cannot use; a missing file is created later.

    Args:
        database: the file, absolute.

    Raises:
        UserError: the file or its folder cannot be written; it is no database, or that of another program; or MLflow
            does not upgrade the version of its schema by itself.
    """
    problem = _folder_problem(database.parent) or (_file_problem(database) if database.exists() else None)
    if problem:
        raise unusable(problem, f"sqlite:///{database}")


def unusable(problem: object, place: str, remedy: str = REMEDY) -> UserError:
    """The error to raise for a store that MLflow cannot open."""
    return UserError(f"MLflow cannot open this store: {problem}", place=place, remedy=remedy)


def _folder_problem(folder: Path) -> str | None:
    nearest = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    if not nearest.is_dir():
        return f"{nearest} is not a folder"
    return None if os.access(nearest, os.W_OK | os.X_OK) else f"no permission to write into {nearest}"


def _file_problem(database: Path) -> str | None:
    if not database.is_file():
        return f"{database} is not a file"
    if not os.access(database, os.R_OK | os.W_OK):
        return f"no permission to read and write {database}"
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", _BUSY_SECONDS, uri=True)) as connection:
            return _schema_problem(connection)
    except sqlite3.DatabaseError as error:
        return None if "locked" in str(error) else str(error)  # MLflow waits for a busy database


def _schema_problem(connection: sqlite3.Connection) -> str | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        return "its tables are another program's"
    versions = [name for (name,) in connection.execute("SELECT version_num FROM alembic_version")]
    migrations = dict(_migrations())
    if not versions or not migrations:
        return None
    version = versions[0]
    if version not in migrations:
        return f"its schema is of version {version}, which the installed MLflow does not know"
    later = list(_later(version, migrations))
    # MLflow upgrades a database that lacks tables, and refuses other old ones
    is_refused = later and not any("create_table" in text for text in later)
    return f"its schema is of version {version}, an older one" if is_refused else None


def _later(version: str, migrations: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """The source of each migration after a version, in order."""
    after = {before: (revision, text) for revision, (before, text) in migrations.items()}
    while version in after:
        version, text = after[version]
        yield text


def _migrations() -> Iterator[tuple[str, tuple[str, str]]]:
    """Each revision of MLflow's schema, with the revision before it and the source of the migration between them."""
    mlflow = find_spec("mlflow")
    for folder in (mlflow.submodule_search_locations or ()) if mlflow else ():
        for file in (Path(folder) / _MIGRATIONS).glob("*.py"):
            text = file.read_text(encoding="utf-8")
            names = dict(_REVISION.findall(text))
            if "revision" in names:
                yield names["revision"], (names.get("down_revision", ""), text)
