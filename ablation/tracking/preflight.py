"""The cheap part of opening a local store, in milliseconds and without importing mlflow.

What is refused here would be refused by ``open_store`` too, seconds later; what only MLflow itself can tell passes.
"""

from __future__ import annotations

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
    """Refuse a SQLite file that MLflow cannot keep its record in; one that is not there yet is made later.

    Args:
        database: the file, absolute.

    Raises:
        UserError: the file or its folder cannot be written, it is no database, another program's, or its schema is
            another version's that MLflow does not bring up to date by itself.
    """
    problem = _folder_problem(database.parent) or (_file_problem(database) if database.exists() else None)
    if problem:
        raise unusable(problem, f"sqlite:///{database}")


def unusable(problem: object, place: str, remedy: str = REMEDY) -> UserError:
    """What is raised of a store that MLflow cannot open."""
    return UserError(f"MLflow cannot open this store: {problem}", place=place, remedy=remedy)


def _folder_problem(folder: Path) -> str | None:
    there = next(each for each in (folder, *folder.parents) if os.access(each, os.F_OK))
    if not there.is_dir():
        return f"{there} is not a folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"no permission to write into {there}"


def _file_problem(database: Path) -> str | None:
    if not database.is_file():
        return f"{database} is not a file"
    if not os.access(database, os.R_OK | os.W_OK):
        return f"no permission to read and write {database}"
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", _BUSY_SECONDS, uri=True)) as connection:
            return _schema_problem(connection)
    except sqlite3.DatabaseError as error:
        return None if "locked" in str(error) else str(error)  # MLflow waits for one that is busy


def _schema_problem(connection: sqlite3.Connection) -> str | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        return "its tables are another program's"
    versions = [name for (name,) in connection.execute("SELECT version_num FROM alembic_version")]
    return _version_problem(versions[0]) if versions else None


def _version_problem(found: str) -> str | None:
    migrations = dict(_migrations())
    if not migrations:
        return None
    if found not in migrations:
        return f"its schema is of version {found}, which the installed MLflow does not know"
    later = list(_later(found, migrations))
    # MLflow upgrades a database that lacks tables, and refuses one that is behind otherwise
    refused = later and not any("create_table" in text for text in later)
    return f"its schema is of version {found}, an older one" if refused else None


def _later(found: str, migrations: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """The texts of the migrations that follow a version, the next one first."""
    after = {before: (revision, text) for revision, (before, text) in migrations.items()}
    while found in after:
        found, text = after[found]
        yield text


def _migrations() -> Iterator[tuple[str, tuple[str, str]]]:
    """Each revision of MLflow's schema with the one before it and the text that leads from there."""
    mlflow = find_spec("mlflow")
    for folder in (mlflow.submodule_search_locations or ()) if mlflow else ():
        for file in (Path(folder) / _MIGRATIONS).glob("*.py"):
            text = file.read_text(encoding="utf-8")
            names = dict(_REVISION.findall(text))
            if "revision" in names:
                yield names["revision"], (names.get("down_revision", ""), text)
