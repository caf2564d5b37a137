"""Records of benchmarks with figures that were never measured."""

from __future__ import annotations

import pytest

from ablation.bench.job import Answer
from ablation.bench.ladder import LadderRecord
from ablation.bench.measurements import Machine, MedianRange
from ablation.bench.overhead import OverheadRecord, SizeRecord, record_of
from ablation.bench.scripts import Scripts
from ablation.bench.trainer import Absent, TrainerRecord, finishers_of
from ablation.bench.trainers import CROPPED, OURS, PEERS, PLAIN, Contestant, Timed

MACHINE = Machine("a processor", 2, 23.5, {"torch": "2.15.0"}, "2026-11-21T18:00:00+00:00", "ablation bench")


def times(seconds: dict[str, list[float]]) -> dict[Contestant, list[Timed]]:
    """Trainings of so many seconds by contestants in this order, each in a process 2 s longer."""
    known = {each.name: each for each in (OURS, CROPPED, *PEERS)}
    return {known[name]: [Timed(each + 2, Answer(each, 300, 0.5)) for each in of_it] for name, of_it in seconds.items()}


def trainer_record() -> TrainerRecord:
    finishers = finishers_of(
        times({"ours": [9.0, 11.0], "cropped": [9.5, 10.0], "plain": [10.0, 10.5], "skorch": [12.0, 13.0]})
    )
    absent = (Absent("fastai", "not installed: pip install fastai, or uv sync --group bench"),)
    loop = MedianRange.of_ratios([9.0, 11.0], [9.5, 10.0])
    return TrainerRecord("bench", "baseline", "resnet18 at 32 px", 1, 2, PLAIN.name, finishers, loop, absent, MACHINE)


def ladder_record() -> LadderRecord:
    rows = {"baseline": MedianRange.of([10.0, 12.0]), "+ Focal loss": MedianRange.of([11.0])}
    ways = [
        Scripts(f"way {number}", 1, 2, {1: 9.0, 2: 8.0}, 3, 330.0 / number, rows, 3.0, 2.75, 0.9) for number in (1, 2)
    ]
    return LadderRecord("bench", MedianRange.of([110.0]), 10, 2, 3, 2, 5, 15, tuple(ways), MACHINE)


def size(
    replicates: int, trainings: int, tracked: float, untracked: float, bare: float, report: float = 0.0
) -> SizeRecord:
    """Of one run, whose trainings took 5 % longer where it was tracked."""
    return SizeRecord(
        replicates,
        trainings,
        MedianRange.of([tracked]),
        MedianRange.of([untracked]),
        bare,
        0.1 * bare,
        1.05 * bare,
        report,
    )


def overhead_record() -> OverheadRecord:
    sizes = [
        size(number, 8 * number, 6 + 4.0 * 8 * number, 5 + 3.9 * 8 * number, 30.4 * number, 2.5) for number in (1, 2, 4)
    ]
    return record_of("bench", 2, sizes, MACHINE)


MAKERS = {"trainer": trainer_record, "ladder": ladder_record, "overhead": overhead_record}
each_record = pytest.mark.parametrize(("kind", "make"), MAKERS.items(), ids=MAKERS)
