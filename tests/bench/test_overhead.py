"""The fit, and what follows from it."""

from __future__ import annotations

import pytest
from bench_records import MACHINE, size

from ablation.bench.command import DEFAULT, Command, Finished
from ablation.bench.measurements import MedianRange
from ablation.bench.overhead import bench_overhead, record_of, size_of, sizes_of
from ablation.errors import UserError


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


def test_who_goes_first_alternates(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[int, bool]] = []

    def run(self: Command, replicates: int, track: bool = True, reports: bool = False) -> Finished:
        order.append((replicates, track))
        return Finished(float(replicates), replicates, 1.0, 0.0, 0.0)

    monkeypatch.setattr(Command, "run", run)
    record = bench_overhead(Command(DEFAULT, device="cpu"), [2, 1], runs=2, notify=lambda _: None)
    assert order == [(1, True), (1, False), (1, False), (1, True), (2, False), (2, True), (2, True), (2, False)]
    assert record.runs == 2


def test_sizes_are_read() -> None:
    assert sizes_of("1,2, 8") == (1, 2, 8)


@pytest.mark.parametrize("text", ["", "1,x", "0,1", "-1"])
def test_what_is_no_list_of_sizes_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no list"):
        sizes_of(text)
