"""Where studies are kept by default: what SQLite and a journal cost, and what a process that dies leaves of each.

    uv run pytest -m evidence -n 0 -s tests/evidence/test_optuna_storage.py

prints the figures of ``experiments/EVIDENCE.md``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest

from ablation.tuning.storage import OpenedStorage, open_storage

pytestmark = pytest.mark.evidence

TRIALS, PROCESSES = 40, 4

WORK = """
import sys, optuna
from pathlib import Path
from ablation.tuning.storage import open_storage
optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.load_study(study_name="s", storage=open_storage(Path(sys.argv[1]), sys.argv[2]).storage)
for _ in range(int(sys.argv[3])):
    trial = study.ask()
    value = sum(trial.suggest_float(name, 0, 1) for name in "abc")
    for step in range(10):
        trial.report(step, step)
    study.tell(trial, value)
"""


@pytest.fixture(params=["sqlite", "journal"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> OpenedStorage:
    url = f"sqlite:///{tmp_path / 'optuna.db'}" if request.param == "sqlite" else str(tmp_path / "optuna.journal")
    found = open_storage(tmp_path, url)
    optuna.create_study(storage=found.storage, study_name="s", sampler=optuna.samplers.RandomSampler(seed=0))
    return found


def test_what_a_trial_costs(opened: OpenedStorage) -> None:
    study = optuna.load_study(study_name="s", storage=opened.storage, sampler=optuna.samplers.RandomSampler(seed=0))
    began = time.perf_counter()
    for _ in range(TRIALS):
        trial = study.ask()
        value = sum(trial.suggest_float(name, 0, 1) for name in "abc")
        for step in range(10):
            trial.report(step, step)
        study.tell(trial, value)
    print(f"\n{opened.shown}: {(time.perf_counter() - began) / TRIALS * 1000:.0f} ms a trial")
    assert len(study.trials) == TRIALS


def test_what_four_processes_make_of_one_study(opened: OpenedStorage, tmp_path: Path) -> None:
    began = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-c", WORK, str(tmp_path), opened.url, "25"]
    assert [process.wait() for process in [subprocess.Popen(command) for _ in range(PROCESSES)]] == [0] * PROCESSES
    print(f"\n{opened.shown}: {PROCESSES} processes x 25 trials in {time.perf_counter() - began:.1f} s")
    found = optuna.load_study(study_name="s", storage=opened.storage).trials
    assert sorted(trial.number for trial in found) == list(range(100))


def test_a_journals_lock_outlives_its_holder_for_half_a_minute(tmp_path: Path) -> None:
    journal = tmp_path / "optuna.journal"
    study = optuna.create_study(storage=open_storage(tmp_path, str(journal)).storage, study_name="s")
    journal.with_name("optuna.journal.lock").symlink_to(journal)  # what a process leaves that is killed inside it
    began = time.perf_counter()
    study.ask()
    seconds = time.perf_counter() - began
    print(f"\nothers wait for {seconds:.0f} s")
    assert seconds > 25


def test_a_line_that_a_crash_tore_breaks_a_journal_for_all_who_follow(tmp_path: Path) -> None:
    journal = tmp_path / "optuna.journal"
    optuna.create_study(storage=open_storage(tmp_path, str(journal)).storage, study_name="s")
    with journal.open("ab") as file:
        file.write(b'{"op_code": 8, "worker_id": "x", "tri')
    for _ in range(3):
        backend = optuna.storages.journal.JournalFileBackend(str(journal))  # Optuna's own, without our mending
        with pytest.raises((AttributeError, json.JSONDecodeError)):
            optuna.load_study(study_name="s", storage=optuna.storages.JournalStorage(backend)).ask()
