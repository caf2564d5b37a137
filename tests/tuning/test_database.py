from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from postgresql import Server

from ablation.errors import UserError
from ablation.tuning.storage import OpenedStorage, open_storage

Opener = Callable[[], OpenedStorage]


def tables(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    tables(tmp_path / "x.db", "CREATE TABLE alembic_version (version_num TEXT)")
    with pytest.raises(UserError, match="another program keeps"):
        open_storage(tmp_path, f"sqlite:///{tmp_path}/x.db")


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("name: digits\n" * 100)
    with pytest.raises(UserError, match="no SQLite database"):
        open_storage(tmp_path, f"sqlite:///{tmp_path}/x.db")


def test_a_schema_of_another_version_names_optunas_upgrade(sqlite: Opener, tmp_path: Path) -> None:
    tables(tmp_path / "optuna.db", "UPDATE alembic_version SET version_num = 'v2.6.0.a'")
    with pytest.raises(UserError, match="optuna storage upgrade"):
        sqlite()


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@127.0.0.1:9/x", "mysql://me:secret@127.0.0.1:9/x?password=secret"]
)
def test_what_does_not_answer_is_refused_within_seconds_and_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no database answers") as refusal:
        open_storage(tmp_path, url)
    assert "secret" not in str(refusal.value)


def test_a_missing_driver_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="psycopg2-binary"):
        open_storage(tmp_path, "postgresql+none:///x")


@pytest.mark.slow
def test_a_wrong_password_and_a_missing_database_are_said_without_the_password(server: Server, tmp_path: Path) -> None:
    for url in (server.url("postgres", "wrong-secret"), server.url("absent")):
        with pytest.raises(UserError, match="check user, password") as refusal:
            open_storage(tmp_path, url)
        assert "secret" not in str(refusal.value)


@pytest.mark.slow
def test_mlflows_postgresql_database_is_refused(server: Server, tmp_path: Path) -> None:
    import psycopg2

    url = server.new_database("mlflows")
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE experiments (id INT); CREATE TABLE runs (id INT)")
    with pytest.raises(UserError, match="MLflow keeps its own record there"):
        open_storage(tmp_path, url)


@pytest.mark.parametrize("name", ["mlflow.db", "renamed.db"])
def test_mlflows_database_is_refused_by_name_and_by_its_tables(name: str, tmp_path: Path) -> None:
    made = [f"CREATE TABLE {table} (id TEXT)" for table in ("experiments", "runs", "alembic_version")]
    before = tables(tmp_path / name, *made).read_bytes()
    with pytest.raises(UserError, match="MLflow keeps its own record there"):
        open_storage(tmp_path, f"sqlite:///{tmp_path}/{name}")
    assert (tmp_path / name).read_bytes() == before
