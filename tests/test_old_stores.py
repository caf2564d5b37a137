"""Stores that earlier versions of ablation left, one folder of ``tests/stores`` each, are read as those read them."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ablation import cli
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.experiment.store.tuned_store import load_all_tuned

STORES = Path(__file__).parent / "stores"
FOLDERS = sorted(path.parent for path in STORES.glob("*/store.zip"))

Said = Callable[..., str]


@pytest.fixture(params=FOLDERS, ids=lambda folder: str(folder.name))
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command prints of a copy of the store."""
    shutil.unpack_archive(folder / "store.zip", tmp_path / "store")
    shutil.copy(folder / "tiny.yaml", tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(command: str, *arguments: str) -> str:
        file, store = str(tmp_path / "tiny.yaml"), str(tmp_path / "store")
        monkeypatch.setattr(sys, "argv", ["ablation", command, file, *arguments, "--store", store])
        capsys.readouterr()
        code: object = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        assert not code, err
        return out

    return run


@pytest.mark.parametrize(("command", "file"), [(["status"], "status.txt"), (["tune", "--status"], "tune_status.txt")])
def test_a_command_says_what_it_said(folder: Path, said: Said, command: list[str], file: str) -> None:
    assert said(*command) == (folder / file).read_text()


@pytest.mark.parametrize(("options", "file"), [([], "report.csv"), (["--confirmed"], "confirmed.csv")])
def test_a_report_has_the_numbers_that_it_had(folder: Path, said: Said, options: list[str], file: str) -> None:
    table = pd.read_csv(io.StringIO(said("report", *options, "--format", "csv")))
    before = pd.read_csv(folder / file)
    pd.testing.assert_frame_equal(table[before.columns], before, rtol=1e-9)  # columns may be added


def test_a_report_for_the_terminal_shows_every_row(folder: Path, said: Said) -> None:
    text = said("report")
    assert all(row in text for row in pd.read_csv(folder / "report.csv")["name"])


def test_its_plans_and_studies_are_read_whole(said: Said, tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "store")
    ladder, confirmation = (
        load_stored_plan(tmp_path / "tiny.yaml", store, purpose) for purpose in ("ladder", "confirm")
    )
    assert (len(ladder.runs), len(confirmation.runs)) == (4 * 2, 2 * 10)
    assert ladder.tuned == load_all_tuned(store)
    for plan in (ladder, confirmation):
        assert all(store.has(address) for address in plan.stages)
        assert load_plan(dump_plan(plan)) == plan
