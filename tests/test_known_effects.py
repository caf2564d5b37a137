"""Effects that are known beforehand get their verdicts: spoilt labels, twice the data, nothing at all."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

import ablation
from ablation.analysis.table.table import Table

KNOWN = """\
name: known effects
metric: accuracy
margin: 0.5
protocol: fixed_test
replicates: 6
baseline:
  data: {source: digits, image_size: 16, test_size: 0.3, val_size: 0.1, train_fraction: 0.5}
  model: {backbone: {name: small_cnn, width: 8}}
  optimizer: {name: adamw, lr: 3.0e-3}
  train: {epochs: 6, batch_size: 32}
rungs:
  - {name: Twice the data, patch: {data: {train_fraction: 1.0}}}
  - {name: Control, control: true}
  - {name: Spoilt labels, patch: {data: {label_noise: 0.2}}}
"""


QUIET = Console(file=io.StringIO())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("known") / "known.yaml"
    file.write_text(KNOWN)
    return file


def options(file: Path) -> ablation.Options:
    return ablation.Options(file.parent / "store", device="cpu", jobs=2, track=False)


@pytest.fixture(scope="module")
def table(file: Path) -> Table:
    outcome = ablation.run(file, options=options(file), console=QUIET)
    assert not outcome.failures
    return ablation.report(file, options=options(file))


@pytest.mark.slow
def test_twice_the_data_is_a_gain_and_wrong_labels_are_a_loss(table: Table) -> None:
    verdicts = {row.rung: row.verdict.word for row in table.rows}
    assert verdicts == {"": "", "Twice the data": "gain", "Control": "identical", "Spoilt labels": "loss"}


@pytest.mark.slow
def test_a_control_that_really_ran_differs_in_nothing(table: Table) -> None:
    control = table.rows[2]
    assert control.step is not None
    assert control.step.identical
    assert (control.step.interval.low, control.step.interval.high) == (0.0, 0.0)
    seconds = [row.scored.costs["train_seconds"].value for row in table.rows[1:3]]
    assert seconds[0] != seconds[1], "it was trained by itself"


@pytest.mark.slow
def test_the_baseline_against_itself_gives_no_more_false_gains_than_alpha_allows(file: Path) -> None:
    outcome = ablation.calibrate(file, replicates=24, options=options(file), console=QUIET)
    found = outcome.calibration(draws=1000)
    shares = [each.false.errs for each in found.checked if each.used and each.false is not None]
    assert shares
    assert all(share.low <= 0.05 for share in shares)
    assert found.floor is not None
    assert found.floor.bit_for_bit
