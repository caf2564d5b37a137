from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from function_study import queue_of, work

from ablation.errors import UserError
from ablation.tuning.storage import OpenedStorage, open_storage

Opener = Callable[[], OpenedStorage]


def test_the_default_is_a_sqlite_file_with_write_ahead_logging_below_the_root(sqlite: Opener, tmp_path: Path) -> None:
    opened = sqlite()
    assert opened.url == opened.shown == f"sqlite:///{tmp_path}/optuna.db"
    with closing(sqlite3.connect(tmp_path / "optuna.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert not list(tmp_path.glob("*.new*"))


def test_the_environment_names_the_storage_and_an_argument_wins_over_it(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "argument.db").write_bytes(template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPTUNA_STORAGE", "environment.journal")
    assert open_storage(tmp_path / "root").url == str(tmp_path / "environment.journal")
    assert open_storage(tmp_path / "root", "sqlite:///argument.db").url == f"sqlite:///{tmp_path}/argument.db"
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("url", ["journal://{}/a.journal", "{}/a.journal", "{}/a.log"])
def test_a_journal_is_named_by_url_or_by_its_ending(url: str, tmp_path: Path) -> None:
    opened = open_storage(tmp_path, url.format(tmp_path))
    assert isinstance(opened.storage, optuna.storages.JournalStorage)
    assert Path(opened.url).parent == tmp_path


def test_optunas_own_functions_open_what_is_named_and_see_the_study(lasting: Opener, tmp_path: Path) -> None:
    opened = lasting()
    with queue_of(opened, tmp_path) as queue:
        tried = work(queue, 2)
    url = opened.url
    if url.endswith(".journal"):
        found = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(url))
    study = optuna.load_study(study_name="digits: + Focal loss", storage=found if url.endswith(".journal") else url)
    assert [trial.user_attrs["values"] for trial in study.trials] == tried


@pytest.mark.parametrize("url", ["studies", "mlruns/", "ftp://host/x", "http://host", "mssql://host/x", "oracle://h/x"])
def test_what_optuna_cannot_write_to_is_refused_with_what_it_can(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sqlite:///path/optuna\.db"):
        open_storage(tmp_path, url)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_storage_in_memory_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lost with its process"):
        open_storage(tmp_path, url)


@pytest.mark.parametrize("url", ["sqlite:///{}/none/x.db", "{}/none/x.journal"])
def test_a_missing_folder_is_said(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="folder does not exist"):
        open_storage(tmp_path, url.format(tmp_path))


def test_a_folder_in_the_files_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.journal").mkdir()
    with pytest.raises(UserError, match="a folder, not a file"):
        open_storage(tmp_path, str(tmp_path / "x.journal"))


def test_the_database_that_mlflow_must_use_is_refused_before_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs.db")
    with pytest.raises(UserError, match="MLflow keeps its own record there"):
        open_storage(tmp_path, f"sqlite:///{tmp_path}/runs.db")


@pytest.mark.parametrize(
    "text", ["name: digits\n", '{"op_code": 0, "worker_id": "a"}\n', '{"op_code": 8, "wor{"a": 1}\n']
)
def test_a_file_that_is_no_journal_or_a_damaged_one_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.journal").write_text(text)
    with pytest.raises(UserError, match="no journal"):
        open_storage(tmp_path, str(tmp_path / "x.journal"))
    assert (tmp_path / "x.journal").read_text() == text


def test_a_journal_whose_last_line_was_cut_off_by_a_crash_goes_on_without_it(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    with queue_of(open_storage(tmp_path, str(path)), tmp_path) as queue:
        work(queue, 2)
    with path.open("a") as journal:
        journal.write('{"op_code": 8, "worker_id": "x", "tri')
    with queue_of(open_storage(tmp_path, str(path)), tmp_path) as queue:
        work(queue, 1)
    study = optuna.load_study(study_name="digits: + Focal loss", storage=open_storage(tmp_path, str(path)).storage)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@[x/y",
        "what://me:secret@host/x",
        "postgres://me:secret@h/x",
        "postgresql:/me:secret@h/x",
        "postgresql//me:secret@h/x",
    ],
)
def test_a_mistyped_url_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        open_storage(tmp_path, url)
    assert "secret" not in str(refusal.value)


def open_and_work(root: Path, url: str | None) -> None:
    with queue_of(open_storage(root, url), root, trials=8) as queue:
        work(queue)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "journal", "postgresql"])
@pytest.mark.parametrize("roots", [1, 4])
def test_four_processes_may_start_on_a_missing_storage(
    kind: str, roots: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Four roots stand for four machines, which only a server's lock can bring together."""
    if roots > 1 and kind != "postgresql":
        pytest.skip("a file is shared by the processes of one root")
    url = {"sqlite": None, "journal": str(tmp_path / "x.journal")}.get(kind, "")
    if url == "":
        url = request.getfixturevalue("server").new_database(f"race{roots}")
    (tmp_path / "optuna.db.new").write_bytes(b"half a database")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["function_study", "ablation.tuning.trial_queue"])
    starts = [(tmp_path / str(number % roots) if roots > 1 else tmp_path, url) for number in range(4)]
    processes = [context.Process(target=open_and_work, args=start) for start in starts]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    study = optuna.load_study(study_name="digits: + Focal loss", storage=open_storage(tmp_path, url).storage)
    assert [trial.number for trial in study.trials] == list(range(8))
    assert [trial.number for trial in study.trials if trial.user_attrs.get("own")] == [0]
