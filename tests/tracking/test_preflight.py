"""Problems of a local store are found without MLflow."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from mlflow.store.db.utils import _get_alembic_config

from ablation.errors import UserError
from ablation.tracking import preflight
from ablation.tracking.preflight import refuse_unusable


@pytest.fixture
def database(mlflow_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mlflow.db"
    path.write_bytes(mlflow_template.read_bytes())
    return path


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def at_version(path: Path, version: str) -> None:
    execute(path, f"UPDATE alembic_version SET version_num = '{version}'")


def test_what_open_store_made_passes(database: Path) -> None:
    before = database.read_bytes()
    refuse_unusable(database)
    assert database.read_bytes() == before
    assert list(database.parent.iterdir()) == [database]


def test_what_is_not_there_yet_passes_and_stays_so(tmp_path: Path) -> None:
    refuse_unusable(tmp_path / "some" / "folder" / "mlflow.db")
    assert not list(tmp_path.iterdir())
    (tmp_path / "mlflow.db").touch()
    refuse_unusable(tmp_path / "mlflow.db")


def test_one_that_is_being_written_passes(database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        refuse_unusable(database)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(b"not a database, but long enough to look like a file" * 50), "not a database"),
        (lambda path: execute(path, "DROP TABLE alembic_version"), "another program's"),
        (lambda path: at_version(path, "ffffffffffff"), "does not know"),
        (lambda path: (path.unlink(), path.mkdir()), "is not a file"),
    ],
)
def test_what_mlflow_cannot_use_is_refused(database: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(database)
    with pytest.raises(UserError, match="MLflow cannot open this store") as caught:
        refuse_unusable(database)
    assert said in str(caught.value)
    assert "mlflow db upgrade" in str(caught.value)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(UserError, match="not a folder"):
        refuse_unusable(tmp_path / "runs" / "mlflow.db")


@pytest.mark.parametrize("shut", ["mlflow.db", "."])
def test_what_may_not_be_written_is_refused(database: Path, shut: str, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = database.parent / shut  # tests may run as root, to whom nothing is forbidden
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK or Path(path) != locked)
    with pytest.raises(UserError, match="no permission"):
        refuse_unusable(database)


def test_the_versions_are_those_that_alembic_finds_in_mlflow() -> None:
    scripts = ScriptDirectory.from_config(_get_alembic_config(""))  # type: ignore[no-untyped-call]
    expected = {each.revision: each.down_revision or "" for each in scripts.walk_revisions()}
    migrations = dict(preflight._migrations())
    assert {revision: before for revision, (before, _) in migrations.items()} == expected
    base = scripts.get_base()
    assert base is not None
    assert len(list(preflight._later(base, migrations))) == len(expected) - 1


def test_an_older_version_is_refused_unless_mlflow_upgrades_it(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrations = {
        "a": ("", 'op.create_table("x")'),
        "b": ("a", 'op.create_table("y")'),
        "c": ("b", "op.add_column()"),
    }
    monkeypatch.setattr(preflight, "_migrations", lambda: iter(migrations.items()))
    for passes in "ac":
        at_version(database, passes)
        refuse_unusable(database)
    at_version(database, "b")
    with pytest.raises(UserError, match="an older one"):
        refuse_unusable(database)
    monkeypatch.setattr(preflight, "_migrations", lambda: iter(()))  # an MLflow that keeps them elsewhere
    refuse_unusable(database)


def test_it_takes_no_mlflow(database: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from ablation.tracking.preflight import refuse_unusable

refuse_unusable(Path({str(database)!r}))
assert not {{"mlflow", "sqlalchemy"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
