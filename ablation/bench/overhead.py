"""What a ladder takes beside its trainings: wall = a + b x runs, with tracking and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ablation.bench.figures import Line
from ablation.bench.machine import Machine
from ablation.bench.runs import Command, Finished
from ablation.bench.trainer import Told


@dataclass(frozen=True)
class Size:
    """One number of replicates.

    Args:
        trainings: that were done.
        tracked, untracked: seconds of the command with and without tracking.
        bare: seconds of the trainings of the tracked run, with the evaluations between epochs, over its lanes.
        report: seconds of ``ablation report`` afterwards, a process of its own.
    """

    replicates: int
    trainings: int
    tracked: float
    untracked: float
    bare: float
    report: float


@dataclass(frozen=True)
class OverheadRecord:
    """The line through several sizes.

    Args:
        lanes: trainings at once.
        tracked, untracked: a and b, seconds; b for each training.
        bare: seconds of bare training for each training, over the lanes; of the largest size.
        b_over_bare: of the tracked line; 1 is no overhead.
        untracked_b_over_bare: of the untracked one.
        tracking: share of the wall time that tracking takes, in points; over all sizes.
        report: share of the wall time of the largest size that a report takes, in points.
    """

    experiment: str
    lanes: int
    sizes: tuple[Size, ...]
    tracked: Line
    untracked: Line
    bare: float
    b_over_bare: float
    untracked_b_over_bare: float
    tracking: float
    report: float
    machine: Machine


def measure_overhead(
    experiment: str, command: Command, lanes: int, device: str, replicates: Sequence[int], told: Told
) -> OverheadRecord:
    """Run a command at several sizes, each in a fresh store, with tracking and without.

    Args:
        lanes: trainings that the command does at once.
        device: that it computes on.

    Raises:
        UserError: fewer than two sizes, or a run failed.
    """
    Line.through(replicates, [0.0] * len(replicates))  # says what is wrong before anything runs
    sizes = []
    for number in sorted(set(replicates)):
        tracked = command.run(number, track=True, reports=True)
        told(f"{number} replicates, tracked: {tracked.seconds:.1f} s, {tracked.trainings} trainings")
        untracked = command.run(number, track=False)
        told(f"{number} replicates, not tracked: {untracked.seconds:.1f} s")
        sizes.append(size_of(number, tracked, untracked, lanes))
    return record_of(experiment, lanes, sizes, Machine.here(device))


def size_of(replicates: int, tracked: Finished, untracked: Finished, lanes: int) -> Size:
    """Two runs of one size, put together."""
    return Size(
        replicates=replicates,
        trainings=tracked.trainings,
        tracked=tracked.seconds,
        untracked=untracked.seconds,
        bare=tracked.bare / lanes,
        report=tracked.report,
    )


def record_of(experiment: str, lanes: int, sizes: Sequence[Size], machine: Machine) -> OverheadRecord:
    """The lines through the sizes, and what follows from them."""
    trainings = [size.trainings for size in sizes]
    tracked = Line.through(trainings, [size.tracked for size in sizes])
    untracked = Line.through(trainings, [size.untracked for size in sizes])
    largest = max(sizes, key=lambda size: size.trainings)
    bare = largest.bare / largest.trainings
    with_it, without = (sum(getattr(size, name) for size in sizes) for name in ("tracked", "untracked"))
    return OverheadRecord(
        experiment=experiment,
        lanes=lanes,
        sizes=tuple(sizes),
        tracked=tracked,
        untracked=untracked,
        bare=bare,
        b_over_bare=tracked.b / bare,
        untracked_b_over_bare=untracked.b / bare,
        tracking=100 * (with_it - without) / with_it,
        report=100 * largest.report / largest.tracked,
        machine=machine,
    )
