"""What a ladder takes beside its trainings: wall = a + b x runs, with tracking and without."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ablation.bench.figures import Line, Spread
from ablation.bench.machine import Machine
from ablation.bench.runs import Command, Finished
from ablation.bench.trainer import Told


@dataclass(frozen=True)
class Size:
    """One number of replicates; medians over its runs.

    Args:
        trainings: that were done.
        tracked, untracked: seconds of the command with and without tracking.
        bare: seconds of bare work of the untracked run, over its lanes: what the clocks of its trainings say of setting
            up, training and the evaluations between epochs, and those of its predictions of the network's passes.
        predicting: those of the predictions.
        tracked_bare: ``bare`` of the tracked run.
        report: seconds of ``ablation report`` afterwards, a process of its own.
    """

    replicates: int
    trainings: int
    tracked: Spread
    untracked: Spread
    bare: float
    predicting: float
    tracked_bare: float
    report: float

    @property
    def tracking(self) -> float:
        """Share of the wall time that tracking takes, in percent."""
        return _share(self.tracked.median, self.untracked.median)


@dataclass(frozen=True)
class OverheadRecord:
    """The line through several sizes.

    Args:
        lanes: trainings at once.
        runs: of each size, tracked and not.
        tracked, untracked: a and b, seconds; b for each training.
        bare: seconds of bare work for each training, over the lanes; of the largest size, untracked.
        predicting: those of its predictions.
        b_over_bare: of the tracked line, over the bare work of the largest tracked run; 1 is no overhead.
        untracked_b_over_bare: of the untracked one, over that of the untracked run.
        tracking: share of the wall time that tracking takes, in percent; over all sizes.
        slower: how much longer the bare work took in the tracked runs, in percent; over all sizes.
        report: share of the wall time of the largest size that a report takes, in percent.
    """

    experiment: str
    lanes: int
    runs: int
    sizes: tuple[Size, ...]
    tracked: Line
    untracked: Line
    bare: float
    predicting: float
    b_over_bare: float
    untracked_b_over_bare: float
    tracking: float
    slower: float
    report: float
    machine: Machine

    @property
    def b_over_training(self) -> float:
        """Of the tracked line, against the trainings alone, as if predicting were overhead."""
        return self.b_over_bare * self.bare / (self.bare - self.predicting)

    @property
    def untracked_b_over_training(self) -> float:
        """Of the untracked one."""
        return self.untracked_b_over_bare * self.bare / (self.bare - self.predicting)


def measure_overhead(
    experiment: str, command: Command, lanes: int, device: str, replicates: Sequence[int], runs: int, told: Told
) -> OverheadRecord:
    """Run a command at several sizes, each in a fresh store, with tracking and without.

    Args:
        lanes: trainings that the command does at once.
        device: that it computes on.
        runs: of each size, >= 1.

    Raises:
        UserError: fewer than two sizes, or a run failed.
    """
    Line.through(replicates, [0.0] * len(replicates))  # says what is wrong before anything runs
    sizes = []
    for place, number in enumerate(sorted(set(replicates))):
        pairs = [_pair(command, number, tracked_first=(place + run) % 2 == 0, told=told) for run in range(runs)]
        sizes.append(size_of(number, pairs, lanes))
    return record_of(experiment, lanes, sizes, Machine.here(device))


def _pair(command: Command, number: int, tracked_first: bool, told: Told) -> tuple[Finished, Finished]:
    """The tracked run and the untracked one; who goes first alternates, as the machine may warm up or slow down."""
    found = {}
    for track in (tracked_first, not tracked_first):
        found[track] = done = command.run(number, track=track, reports=track)
        kind = "tracked" if track else "not tracked"
        told(f"{number} replicates, {kind}: {done.seconds:.1f} s, {done.trainings} trainings")
    return found[True], found[False]


def size_of(replicates: int, pairs: Sequence[tuple[Finished, Finished]], lanes: int) -> Size:
    """The runs of one size, tracked and not, put together."""
    tracked, untracked = zip(*pairs, strict=True)
    return Size(
        replicates=replicates,
        trainings=tracked[0].trainings,
        tracked=Spread.of([each.seconds for each in tracked]),
        untracked=Spread.of([each.seconds for each in untracked]),
        bare=statistics.median(each.bare for each in untracked) / lanes,
        predicting=statistics.median(each.predicting for each in untracked) / lanes,
        tracked_bare=statistics.median(each.bare for each in tracked) / lanes,
        report=statistics.median(each.report for each in tracked),
    )


def record_of(experiment: str, lanes: int, sizes: Sequence[Size], machine: Machine) -> OverheadRecord:
    """The lines through the sizes, and what follows from them."""
    trainings = [size.trainings for size in sizes]
    tracked = Line.through(trainings, [size.tracked.median for size in sizes])
    untracked = Line.through(trainings, [size.untracked.median for size in sizes])
    largest = max(sizes, key=lambda size: size.trainings)
    bare = largest.bare / largest.trainings
    with_it, without = (sum(getattr(size, name).median for size in sizes) for name in ("tracked", "untracked"))
    return OverheadRecord(
        experiment=experiment,
        lanes=lanes,
        runs=largest.tracked.n,
        sizes=tuple(sizes),
        tracked=tracked,
        untracked=untracked,
        bare=bare,
        predicting=largest.predicting / largest.trainings,
        b_over_bare=tracked.b / (largest.tracked_bare / largest.trainings),
        untracked_b_over_bare=untracked.b / bare,
        tracking=_share(with_it, without),
        slower=100 * (sum(size.tracked_bare for size in sizes) / sum(size.bare for size in sizes) - 1),
        report=100 * largest.report / largest.tracked.median,
        machine=machine,
    )


def _share(tracked: float, untracked: float) -> float:
    return 100 * (tracked - untracked) / tracked
