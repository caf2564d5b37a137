"""Medians, ratios by round, the line and the machine."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import sys

import numpy as np
import psutil
import pytest
import torch
from bench_records import overhead_record
from hypothesis import given
from hypothesis import strategies as st

from ablation.bench.measurements import Line, Machine, MedianRange, counted
from ablation.errors import UserError

SECONDS = st.floats(0.01, 1e4)


@given(st.lists(SECONDS, min_size=1, max_size=9))
def test_a_spread_is_numpys_median_with_the_range(values: list[float]) -> None:
    found = MedianRange.of(values)
    assert found.median == pytest.approx(np.median(values))
    assert (found.low, found.high, found.n) == (min(values), max(values), len(values))


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=9))
def test_ratios_are_taken_within_a_round(rounds: list[tuple[float, float]]) -> None:
    values, against = zip(*rounds, strict=True)
    found = MedianRange.of_ratios(values, against)
    assert found.median == pytest.approx(np.median(np.array(values) / np.array(against)))


def test_a_slow_round_cancels_in_the_ratio() -> None:
    assert MedianRange.of_ratios([1.0, 5.0, 1.0], [2.0, 10.0, 2.0]) == MedianRange(0.5, 0.5, 0.5, 3)


@given(st.lists(st.tuples(st.integers(1, 100), SECONDS), min_size=2, max_size=6, unique_by=lambda each: each[0]))
def test_the_line_is_numpys(points: list[tuple[int, float]]) -> None:
    runs, seconds = zip(*points, strict=True)
    b, a = np.polyfit(runs, seconds, 1)
    found = Line.through(runs, seconds)
    assert found.a == pytest.approx(a, rel=1e-6, abs=1e-6)
    assert found.b == pytest.approx(b, rel=1e-6, abs=1e-6)
    assert found.residual == pytest.approx(np.abs(np.polyval([b, a], runs) - seconds).max(), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("runs", [[4], [4, 4]])
def test_one_size_has_no_line(runs: list[int]) -> None:
    with pytest.raises(UserError, match="no line"):
        Line.through(runs, [1.0] * len(runs))


def test_a_line_that_was_drawn_is_found() -> None:
    record = overhead_record()  # 6 + 4.0 x runs tracked, 5 + 3.9 x runs not, 3.8 s of bare work each
    assert (record.tracked.a, record.tracked.b) == (pytest.approx(6), pytest.approx(4.0))
    assert (record.untracked.a, record.untracked.b) == (pytest.approx(5), pytest.approx(3.9))
    assert record.bare == pytest.approx(3.8)
    assert record.b_over_bare == pytest.approx(4.0 / (1.05 * 3.8))  # where tracked, the work took 5 % longer
    assert record.untracked_b_over_bare == pytest.approx(3.9 / 3.8)
    over_training = record.over_training(record.untracked_b_over_bare)  # a tenth of the bare work was predicting
    assert over_training == pytest.approx(3.9 / (0.9 * 3.8))
    assert record.over_training(record.b_over_bare) == pytest.approx(4.0 / (1.05 * 0.9 * 3.8))
    assert record.slower == pytest.approx(5.0)
    assert record.report == pytest.approx(100 * 2.5 / (6 + 4.0 * 32))


def test_figures_as_text() -> None:
    assert f"{MedianRange.of([10.0, 12.0, 11.0]):.1f}" == "11.0 [10.0, 12.0]"
    assert f"{MedianRange.of([10.0]):.2f}" == "10.00"
    assert (counted(1, "run"), counted(2, "run")) == ("1 run", "2 runs")


def test_a_machine_is_described_as_the_system_describes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ablation", "bench", "trainer", "a file.yaml"])
    machine = Machine.here("cpu", ["numpy", "no-such-distribution"])
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.memory == pytest.approx(psutil.virtual_memory().total / 2**30, abs=0.06)
    assert machine.versions["python"] == platform.python_version()
    assert machine.versions["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert "numpy" in machine.versions
    assert "no-such-distribution" not in machine.versions
    assert datetime.datetime.fromisoformat(machine.date).tzinfo is not None
    assert shlex.split(machine.command) == ["ablation", "bench", "trainer", "a file.yaml"]
