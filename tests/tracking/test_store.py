from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.tracking.ledger import Ledger
from ablation.tracking.store import TrackingStore, open_store


def test_the_environment_names_the_store_and_an_argument_wins_over_it(
    mlflow_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("environment.db", "argument.db"):
        (tmp_path / name).write_bytes(mlflow_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///environment.db")
    assert open_store(tmp_path / "root").uri == f"sqlite:///{tmp_path}/environment.db"
    assert open_store(tmp_path / "root", "sqlite:///argument.db") == TrackingStore(
        f"sqlite:///{tmp_path}/argument.db", tmp_path / "artifacts"
    )
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    "uri", ["mlruns", "./mlruns", "/tmp/mlruns", "file:///tmp/mlruns", "databricks", "ftp://host/x", "oracle://host/x"]
)
def test_what_mlflow_cannot_write_to_is_refused_with_what_it_can(uri: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sqlite:///path/mlflow\.db"):
        open_store(tmp_path, uri)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("uri", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused(uri: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lost with its process"):
        open_store(tmp_path, uri)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "postgresql://me:secret@127.0.0.1:9/x"])
def test_what_does_not_answer_is_refused_within_seconds_and_without_its_password(uri: str, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(UserError, match="answers") as caught:
        open_store(tmp_path, uri)
    assert time.monotonic() - start < 5
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"not a database, but long enough to look like a file" * 50)
    with pytest.raises(UserError, match="cannot open this store"):
        open_store(tmp_path)


def test_a_database_of_another_version_is_refused(mlflow_template: Path, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(mlflow_template.read_bytes())
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    with pytest.raises(UserError, match="mlflow db upgrade"):
        open_store(tmp_path)


@pytest.mark.parametrize("folder", ["a b", "50% done", "x#y", "ünï"])
def test_a_folder_may_have_any_ordinary_name(folder: str, mlflow_template: Path, tmp_path: Path) -> None:
    home = tmp_path / folder
    home.mkdir()
    (home / "mlflow.db").write_bytes(mlflow_template.read_bytes())
    record = Ledger.open(open_store(home), "an experiment / with: signs").enter("k", "run")
    record.log_text("text", "note.txt")
    (tmp_path / "weights").write_text("w")
    record.link_file(tmp_path / "weights")
    assert sorted(path.name for path in home.rglob("artifacts/*/*/artifacts/*")) == ["note.txt", "weights"]
    assert not [path for path in tmp_path.iterdir() if path not in (home, tmp_path / "weights")]
