"""Confirmation and calibration on the real core: fresh replicates, frozen recipes, the numerical floor."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from tiny_experiment import TINY

import ablation
from ablation import Options, Outcome
from ablation.errors import UserError
from ablation.reporting.texts.footer import footer

QUIET = Console(file=io.StringIO())


def options(folder: Path) -> Options:
    return Options(folder / "store", device="cpu", jobs=2, track=False)


def file_of(folder: Path, confirm_size: float = 0.0) -> Path:
    file = folder / "tiny.yaml"
    data = f"test_size: 200, confirm_size: {confirm_size}" if confirm_size else "test_size: 40"
    images = "limit: 450" if confirm_size else "limit: 150"
    file.write_text(TINY.replace("EPOCHS", "1").replace("limit: 150", images).replace("test_size: 40", data))
    return file


def confirmed(file: Path, *without: str) -> Outcome:
    return ablation.confirm(file, without=without, options=options(file.parent), console=QUIET)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    confirmed(file_of(folder))
    return folder / "tiny.yaml"


@pytest.mark.slow
def test_one_comparison_on_replicates_that_no_ladder_saw(home: Path) -> None:
    outcome = confirmed(home)
    table = outcome.table()
    assert [row.name for row in table.rows] == ["baseline", "+ Final recipe"]
    assert {run.replicate for run in outcome.plan.runs} == set(range(100_000, 100_010))
    step = table.rows[1].step
    assert step is not None
    assert step.adjusted == step.interval.p, "there is nothing to adjust for"
    assert table.valid


@pytest.mark.slow
def test_without_images_set_aside_the_report_says_on_what_it_was_selected(home: Path) -> None:
    lines = footer(confirmed(home).table())
    assert any(line.startswith("Selected on this test set") for line in lines)
    assert not any(line.startswith("Asked again") for line in lines)


@pytest.mark.slow
def test_images_that_are_set_aside_are_what_it_stands_on(tmp_path: Path) -> None:
    file = file_of(tmp_path, confirm_size=0.4)
    outcome = confirmed(file)
    store = options(tmp_path).store
    aside = set(store.predictions(outcome.plan.runs[0].test).ids.tolist())
    ladder = ablation.run(file, options=options(tmp_path), console=QUIET)
    tested = set(store.predictions(ladder.plan.runs[0].test).ids.tolist())
    assert len(aside) == pytest.approx(0.4 * (len(aside) + len(tested)), abs=5)
    assert not aside & tested
    assert not any(line.startswith("Selected on") for line in footer(outcome.table()))


@pytest.mark.slow
def test_a_second_final_recipe_on_the_same_replicates_is_reported(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    confirmed(file)
    outcome = confirmed(file, "Shifted views")
    (line,) = [line for line in footer(outcome.table()) if line.startswith("Asked again")]
    assert "question 2 of 2" in line
    assert "another recipe;" in line
    assert "up to 0.1" in line


def test_fewer_than_ten_replicates_confirm_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too few to confirm"):
        ablation.confirm(file_of(tmp_path), replicates=9, options=options(tmp_path), console=QUIET)


@pytest.mark.slow
def test_a_rung_that_is_not_there_cannot_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no rung 'Shifted view'"):
        confirmed(file_of(tmp_path), "Shifted view")


@pytest.mark.slow
def test_calibration_finds_the_numerical_floor_of_the_cpu_to_be_nothing(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    outcome = ablation.calibrate(file, replicates=12, options=options(tmp_path), console=QUIET)
    found = outcome.calibration(draws=200)
    assert found.replicates == 12
    assert found.floor is not None
    assert found.floor.probability == 0.0
    assert {each.k for each in found.checked} == {5}


@pytest.mark.slow
def test_renew_trains_again_what_other_code_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = options(home.parent).store
    done = ablation.run(home, options=options(home.parent), console=QUIET)
    trained = {run.train for run in done.plan.runs}
    before = {address: store.folder(address).stat().st_ino for address in trained}
    monkeypatch.setattr("ablation.experiment.store.provenance.versions", lambda: {"numpy": "0.1"})
    again = ablation.run(home, options=options(home.parent), console=QUIET, renew=True)
    assert not again.failures
    assert all(store.folder(address).stat().st_ino != before[address] for address in trained)
