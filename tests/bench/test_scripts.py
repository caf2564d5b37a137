"""How scripts are run, and what all of them take."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.bench import scripts
from ablation.bench.job import Answer, Job
from ablation.bench.measurements import MedianRange
from ablation.bench.scripts import Scripts, Way, measure_scripts, total_seconds, ways_of
from ablation.bench.trainers import OURS, PLAIN, Contestant, FailedError, Timed
from ablation.errors import UserError

ROWS = {name: [Job({"recipe": {"train": {"threads": 1}}}, name)] for name in ("baseline", "+ Focal loss", "+ MixUp")}
WEIGHTS = {"baseline": 2, "+ Focal loss": 1, "+ MixUp": 1}


def measured(monkeypatch: pytest.MonkeyPatch, way: Way, seconds: Mapping[int, float], available: int) -> Scripts:
    """The scripts of three rows, which take so long under each number of threads."""

    def timed(who: Contestant, job: Job) -> Timed:
        return Timed(seconds[job.threads], Answer(1.0, 100, 0.5, 0.75))

    monkeypatch.setattr(scripts, "timed", timed)
    monkeypatch.setattr(scripts, "processors", lambda: available)
    return measure_scripts(way, ROWS, WEIGHTS, replicates=5, command=10.0, notify=lambda _: None)


@pytest.mark.parametrize(
    ("at_once", "available", "expected"),
    [(1, 2, {1, 2}), (1, 6, {1, 2, 4, 6}), (2, 16, {1, 2, 4, 8}), (2, 2, set()), (4, 2, set())],
)
def test_threads_are_tried_up_to_a_scripts_share(
    monkeypatch: pytest.MonkeyPatch, at_once: int, available: int, expected: set[int]
) -> None:
    record = measured(monkeypatch, Way(PLAIN, at_once), dict.fromkeys(range(1, 17), 5.0), available)
    assert set(record.tried) == expected
    assert record.threads == 1


def test_many_slots_give_the_scripts_as_many() -> None:
    assert ways_of(PLAIN, 2) == ways_of(PLAIN, 1) == [Way(PLAIN, 1), Way(PLAIN, 2), Way(OURS, 1)]
    assert ways_of(PLAIN, 8) == [Way(PLAIN, 1), Way(PLAIN, 2), Way(PLAIN, 8), Way(OURS, 1)]


@pytest.mark.parametrize(("seconds", "best"), [({1: 5.0, 2: 4.0, 4: 6.0}, 2), ({1: 3.0, 2: 4.0, 4: 6.0}, 1)])
def test_scripts_get_the_threads_with_which_the_first_is_fastest(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], best: int
) -> None:
    found = measured(monkeypatch, Way(PLAIN, 1), seconds, available=4)
    assert (found.threads, found.tried, found.measured) == (best, seconds, 3)
    assert found.seconds == 5 * 4 * seconds[best]
    assert found.ratio == found.seconds / 10
    assert found.ratio_of_recipes == 5 * 3 * seconds[best] / 10
    assert found.test_accuracy == 0.75


def test_where_there_is_no_choice_nothing_is_tried_and_every_script_runs_beside_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = measured(monkeypatch, Way(PLAIN, 2), {1: 5.0}, available=2)
    assert (found.threads, found.tried, found.measured) == (1, {}, 4)
    assert {name: spread.n for name, spread in found.by_row.items()} == {"baseline": 2, "+ Focal loss": 1, "+ MixUp": 1}


def test_a_script_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(who: Contestant, job: Job) -> Timed:
        raise FailedError("no memory")

    monkeypatch.setattr(scripts, "timed", timed)
    with pytest.raises(UserError, match="the script of baseline failed: no memory"):
        measure_scripts(Way(PLAIN, 1), ROWS, WEIGHTS, 1, 1.0, notify=lambda _: None)


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(0.1, 99)), min_size=1, max_size=6), st.integers(1, 4))
def test_all_scripts_take_the_sum_of_their_rows_medians(rows: list[tuple[int, float]], replicates: int) -> None:
    by_row = {str(number): MedianRange.of([seconds, seconds]) for number, (_, seconds) in enumerate(rows)}
    weights = {str(number): weight for number, (weight, _) in enumerate(rows)}
    one_by_one = [seconds for weight, seconds in rows for _ in range(weight * replicates)]
    assert total_seconds(by_row, weights, replicates, 1) == pytest.approx(sum(one_by_one))
    assert total_seconds(by_row, weights, replicates, 2) == pytest.approx(sum(one_by_one) / 2)
