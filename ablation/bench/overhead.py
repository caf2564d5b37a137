"""The overhead of a ladder over its trainings: wall time = a + b x trainings, with and without tracking."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ablation.bench.figures import Line, MedianRange
from ablation.bench.machine import Machine
from ablation.bench.runs import Command, Finished
from ablation.bench.trainer import Notify


@dataclass(frozen=True)
class SizeRecord:
    """The measurements of one number of replicates; medians over its runs.

    Args:
        trainings: number of trainings.
        tracked, untracked: seconds of the command with and without tracking.
        bare: seconds of bare work in the untracked run, divided by its slots. Bare work of a training is setting up,
            training and the evaluation after each epoch; of a prediction, the network's forward passes.
        predicting: the part of ``bare`` that predictions take.
        tracked_bare: ``bare`` of the tracked run.
        report: seconds of ``ablation report`` afterwards, in its own process.
    """

    replicates: int
    trainings: int
    tracked: MedianRange
    untracked: MedianRange
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
    """The lines through several sizes, and what follows from them.

    Args:
        slots: trainings at once.
        runs: repetitions of each size, tracked and untracked.
        sizes: the measurements of each size.
        tracked, untracked: the lines; a in seconds, b in seconds for each training.
        bare: seconds of bare work for each training, divided by the slots; from the largest size, untracked.
        predicting: the part of ``bare`` that predictions take.
        b_over_bare: b of the tracked line over the bare work of the largest tracked run; 1 is no overhead.
        untracked_b_over_bare: the same of the untracked line and run.
        tracking: share of the wall time that tracking takes, in percent; over all sizes.
        slower: how much longer the bare work took in the tracked runs, in percent; over all sizes.
        report: seconds of a report in percent of the wall time of the largest size.
    """

    experiment: str
    slots: int
    runs: int
    sizes: tuple[SizeRecord, ...]
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
        """b of the tracked line over the trainings alone: predicting counts as overhead."""
        return self.b_over_bare * self.bare / (self.bare - self.predicting)

    @property
    def untracked_b_over_training(self) -> float:
        """The same of the untracked line."""
        return self.untracked_b_over_bare * self.bare / (self.bare - self.predicting)


def measure_overhead(
    experiment: str, command: Command, slots: int, device: str, replicates: Sequence[int], runs: int, notify: Notify
) -> OverheadRecord:
    """Run a command at several sizes, each in a fresh store, with tracking and without.

    Args:
        slots: trainings that the command runs at once.
        device: of the trainings.
        runs: repetitions of each size, >= 1.
        notify: is called with each measurement.

    Raises:
        UserError: fewer than two sizes, or a run failed.
    """
    Line.through(replicates, [0.0] * len(replicates))  # raises before anything runs
    sizes = []
    for place, number in enumerate(sorted(set(replicates))):
        pairs = [_pair(command, number, tracked_first=(place + run) % 2 == 0, notify=notify) for run in range(runs)]
        sizes.append(size_of(number, pairs, slots))
    return record_of(experiment, slots, sizes, Machine.here(device))


def _pair(command: Command, number: int, tracked_first: bool, notify: Notify) -> tuple[Finished, Finished]:
    """A tracked run and an untracked one; the order alternates, as the machine may warm up or slow down."""
    runs = {}
    for track in (tracked_first, not tracked_first):
        runs[track] = done = command.run(number, track=track, reports=track)
        kind = "tracked" if track else "not tracked"
        notify(f"{number} replicates, {kind}: {done.seconds:.1f} s, {done.trainings} trainings")
    return runs[True], runs[False]


def size_of(replicates: int, pairs: Sequence[tuple[Finished, Finished]], slots: int) -> SizeRecord:
    """Summarise the tracked and untracked runs of one size."""
    tracked, untracked = zip(*pairs, strict=True)
    return SizeRecord(
        replicates=replicates,
        trainings=tracked[0].trainings,
        tracked=MedianRange.of([each.seconds for each in tracked]),
        untracked=MedianRange.of([each.seconds for each in untracked]),
        bare=statistics.median(each.bare for each in untracked) / slots,
        predicting=statistics.median(each.predicting for each in untracked) / slots,
        tracked_bare=statistics.median(each.bare for each in tracked) / slots,
        report=statistics.median(each.report for each in tracked),
    )


def record_of(experiment: str, slots: int, sizes: Sequence[SizeRecord], machine: Machine) -> OverheadRecord:
    """Fit the lines through the sizes."""
    trainings = [size.trainings for size in sizes]
    tracked = Line.through(trainings, [size.tracked.median for size in sizes])
    untracked = Line.through(trainings, [size.untracked.median for size in sizes])
    largest = max(sizes, key=lambda size: size.trainings)
    bare = largest.bare / largest.trainings
    tracked_sum, untracked_sum = (
        sum(getattr(size, name).median for size in sizes) for name in ("tracked", "untracked")
    )
    return OverheadRecord(
        experiment=experiment,
        slots=slots,
        runs=largest.tracked.n,
        sizes=tuple(sizes),
        tracked=tracked,
        untracked=untracked,
        bare=bare,
        predicting=largest.predicting / largest.trainings,
        b_over_bare=tracked.b / (largest.tracked_bare / largest.trainings),
        untracked_b_over_bare=untracked.b / bare,
        tracking=_share(tracked_sum, untracked_sum),
        slower=100 * (sum(size.tracked_bare for size in sizes) / sum(size.bare for size in sizes) - 1),
        report=100 * largest.report / largest.tracked.median,
        machine=machine,
    )


def _share(tracked: float, untracked: float) -> float:
    return 100 * (tracked - untracked) / tracked
