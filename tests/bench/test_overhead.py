"""The fit, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_records import MACHINE, overhead_record, size

from ablation.bench.commands import sizes_of
from ablation.bench.figures import MedianRange
from ablation.bench.overhead import measure_overhead, record_of, size_of
from ablation.bench.runs import Command, Finished, bare_seconds
from ablation.errors import UserError


def test_a_line_that_was_drawn_is_found() -> None:
    record = overhead_record()  # 6 + 4.0 x runs tracked, 5 + 3.9 x runs not, 3.8 s of bare work each
    assert (record.tracked.a, record.tracked.b) == (pytest.approx(6), pytest.approx(4.0))
    assert (record.untracked.a, record.untracked.b) == (pytest.approx(5), pytest.approx(3.9))
    assert record.bare == pytest.approx(3.8)
    assert record.b_over_bare == pytest.approx(4.0 / (1.05 * 3.8))  # where tracked, the work took 5 % longer
    assert record.untracked_b_over_bare == pytest.approx(3.9 / 3.8)
    assert record.untracked_b_over_training == pytest.approx(3.9 / (0.9 * 3.8))  # a tenth of it was predicting
    assert record.b_over_training == pytest.approx(4.0 / (1.05 * 0.9 * 3.8))
    assert record.slower == pytest.approx(5.0)
    assert record.report == pytest.approx(100 * 2.5 / (6 + 4.0 * 32))


def test_trackings_share_is_of_the_time_of_all_sizes() -> None:
    record = record_of("x", 1, [size(1, 1, 10.0, 9.0, 8.0), size(2, 2, 20.0, 19.0, 16.0)], MACHINE)
    assert record.tracking == pytest.approx(100 * 2 / 30)


def test_bare_work_is_the_untracked_runs_and_shared_by_the_slots() -> None:
    found = size_of(1, [(Finished(12.0, 8, 22.0, 4.0, 2.0), Finished(11.0, 8, 20.0, 3.0, 0.0))], slots=2)
    assert (found.bare, found.predicting, found.tracked_bare) == (10.0, 1.5, 11.0)


def test_a_size_is_the_median_of_its_runs() -> None:
    pairs = [
        (Finished(each, 8, each - 1, 1.0, 2.0), Finished(each - 0.5, 8, each - 1, 1.0, 0.0))
        for each in (12.0, 10.0, 30.0)
    ]
    found = size_of(1, pairs, slots=1)
    assert (found.tracked, found.untracked) == (MedianRange(12.0, 10.0, 30.0, 3), MedianRange(11.5, 9.5, 29.5, 3))
    assert found.bare == 11.0


def test_checkpoints_are_no_part_of_bare_work() -> None:
    assert bare_seconds({"setup": 1.0, "forward_backward": 2.0, "evaluation": 4.0, "saving": 8.0}) == 7.0


def test_who_goes_first_alternates(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[int, bool]] = []

    def run(self: Command, replicates: int, track: bool = True, reports: bool = False) -> Finished:
        order.append((replicates, track))
        return Finished(float(replicates), replicates, 1.0, 0.0, 0.0)

    monkeypatch.setattr(Command, "run", run)
    record = measure_overhead("x", Command(Path("x.yaml")), 1, "cpu", [2, 1], runs=2, notify=lambda _: None)
    assert order == [(1, True), (1, False), (1, False), (1, True), (2, False), (2, True), (2, True), (2, False)]
    assert record.runs == 2


def test_what_is_typed_is_what_a_user_types() -> None:
    command = Command(Path("x.yaml"), ("train.epochs=1",), "cpu", jobs=2)
    typed = ["run", "x.yaml", "--replicates", "3", "--store", "S", "--device", "cpu", "--set", "train.epochs=1"]
    assert command._arguments("S", 3, track=True) == [*typed, "--jobs", "2"]
    assert command._arguments("S", 3, track=False) == [*typed, "--jobs", "2", "--no-track"]


def test_sizes_are_read() -> None:
    assert sizes_of("1,2, 8") == (1, 2, 8)


@pytest.mark.parametrize("text", ["", "1,x", "0,1", "-1"])
def test_what_is_no_list_of_sizes_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no list"):
        sizes_of(text)
