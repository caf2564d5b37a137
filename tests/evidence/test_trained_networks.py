"""Intervals held to their word on 300 trained networks of each of two recipes; writes a table in Markdown.

Ten minutes on two cores. In a store of its own it goes on from what is trained, and a second time takes three; the
table is written there, as ``calibration.md``:

    EVIDENCE_STORE=evidence pytest -m evidence -n 0 tests/evidence/test_trained_networks.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import ablation
from ablation.analysis.calibration.calibration import ErrorRate, IntervalCalibration, IntervalCheck, calibration
from ablation.analysis.comparison.evidence import Evidence
from ablation.experiment.store.results import collect

FILE = Path(__file__).with_name("trained_networks.yaml")
REPLICATES = int(os.environ.get("EVIDENCE_REPLICATES", "300"))
DRAWS = 20_000
SIZES = (5, 10, 20)
TEST_SIZES = (100, 200, 400)

pytestmark = [pytest.mark.evidence, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ.get("EVIDENCE_STORE") or tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def found(store: Path) -> IntervalCalibration:
    options = ablation.Options(store, device="cpu", jobs=2, track=False)
    outcome = ablation.calibrate(FILE, replicates=REPLICATES, options=options)
    assert not outcome.failures
    plan, kept = outcome.plan, options.store
    evidence = Evidence(plan, collect(plan, kept), lambda run: kept.predictions(run.test))
    return calibration(evidence, evidence.metric(plan.metric), DRAWS, SIZES, 0, TEST_SIZES)


def cell(promise: ErrorRate | None, *, of_errors: bool) -> str:
    if promise is None:
        return "-"
    share, low, high = (
        each if of_errors else 1 - each for each in (promise.errs.share, promise.errs.low, promise.errs.high)
    )
    low, high = sorted((low, high))
    return f"{share:.3f} [{low:.3f}, {high:.3f}]"


def markdown(found: IntervalCalibration) -> Iterator[str]:
    yield (
        f"{found.replicates} replicates of each arm, {found.images} test images, true gain {found.gain:.2f} points; "
        f"{found.draws} draws a share, bounds over the independent draws that they are worth\n"
    )
    yield "| k | images | interval | false gains and losses | covered, same replicates | covered, other replicates |"
    yield "|---|---|---|---|---|---|"
    for row in found.checked:
        cells = cell(row.false, of_errors=True), *(cell(each, of_errors=False) for each in (row.paired, row.unpaired))
        yield f"| {row.k} | {row.images} | {row.interval} | {' | '.join(cells)} |"


def promises(row: IntervalCheck) -> Iterator[ErrorRate]:
    return (each for each in (row.false, row.paired, row.unpaired) if each is not None)


def test_the_tables_interval_keeps_its_word_on_trained_networks(
    found: IntervalCalibration, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = "\n".join(markdown(found))
    (store / "calibration.md").write_text(f"{table}\n", encoding="utf-8")
    with capsys.disabled():
        print(f"\n{table}")
    of_table = [each for each in found.checked if each.used]
    assert len(of_table) == sum(2 * k <= REPLICATES for k in SIZES) * (len(TEST_SIZES) + 1)
    assert not [each for each in of_table if any(promise.word == "broken" for promise in promises(each))]


def test_test_images_alone_do_not(found: IntervalCalibration) -> None:
    others = [each for each in found.checked if each.interval == "examples"]
    assert any(promise.word == "broken" for each in others for promise in promises(each))


def test_two_executions_of_one_run_predict_the_same_bit_for_bit(found: IntervalCalibration) -> None:
    assert found.floor is not None
    assert found.floor.bit_for_bit
