"""The overhead of a ladder over its trainings: wall time = a + b x trainings, with and without tracking."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ablation.bench.command import Command, Finished
from ablation.bench.measurements import Line, Machine, MedianRange
from ablation.bench.trainer import Notify
from ablation.errors import UserError
from ablation.workflow.planning import device_and_threads, job_count


@dataclass(frozen=True)
class SizeRecord:
    """The measurements of one number of replicates; medians over its runs, in seconds.

    Args:
        tracked, untracked: of the command with and without tracking.
        bare, tracked_bare: of bare work in the untracked and the tracked run, divided by the slots; see ``Finished``.
        predicting: the part of ``bare`` that predictions take.
        report: of ``ablation report`` afterwards, in its own process.
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
        tracked, untracked: the lines; a in seconds, b in seconds for each training.
        bare: seconds of bare work for each training, divided by the slots; from the largest size, untracked.
        predicting: the part of ``bare`` that predictions take.
        b_over_bare: b of the tracked line over the bare work of the largest tracked run; 1 is no overhead.
        untracked_b_over_bare: the same of the untracked line and run.
        tracking: share of the wall time of all sizes that tracking takes, in percent.
        slower: how much longer the bare work of all sizes took in the tracked runs, in percent.
        report: a report's share of the wall time of the largest size, in percent.
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

    def over_training(self, b_over_bare: float) -> float:
        """b of a line over the trainings alone, from b over the bare work: predicting counts as overhead."""
        return b_over_bare * self.bare / (self.bare - self.predicting)


def bench_overhead(command: Command, replicates: Sequence[int], runs: int, notify: Notify) -> OverheadRecord:
    """Measure how wall time depends on the number of trainings, each run in a fresh store.

    Args:
        replicates: sizes to run, at least two, each >= 1.
        runs: repetitions of each size, with tracking and without, >= 1.

    Raises:
        UserError: fewer than two sizes, or a run failed.
    """
    with command.planned(replicates=1) as (planned, options):
        slots, (device, _) = job_count(planned, options), device_and_threads(planned)
    Line.through(replicates, [0.0] * len(replicates))  # raises before anything runs
    sizes = []
    for place, number in enumerate(sorted(set(replicates))):
        pairs = [_pair(command, number, (place + run) % 2 == 0, notify) for run in range(runs)]
        sizes.append(size_of(number, pairs, slots))
    return record_of(planned.name, slots, sizes, Machine.here(device))


def sizes_of(text: str) -> tuple[int, ...]:
    """The numbers in a text such as ``1,2,4``; ``UserError`` if it is no list of numbers >= 1."""
    try:
        sizes = tuple(map(int, text.split(",")))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise UserError(f"{text!r} is no list of replicates", place="--replicates", remedy="such as 1,2,4,8")
    return sizes


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
        tracked=MedianRange.of([run.seconds for run in tracked]),
        untracked=MedianRange.of([run.seconds for run in untracked]),
        bare=median(run.bare for run in untracked) / slots,
        predicting=median(run.predicting for run in untracked) / slots,
        tracked_bare=median(run.bare for run in tracked) / slots,
        report=median(run.report for run in tracked),
    )


def record_of(experiment: str, slots: int, sizes: Sequence[SizeRecord], machine: Machine) -> OverheadRecord:
    """Fit the lines through the sizes."""
    trainings = [size.trainings for size in sizes]
    tracked_seconds, untracked_seconds = [s.tracked.median for s in sizes], [s.untracked.median for s in sizes]
    tracked, untracked = Line.through(trainings, tracked_seconds), Line.through(trainings, untracked_seconds)
    largest = max(sizes, key=lambda size: size.trainings)
    bare = largest.bare / largest.trainings
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
        tracking=_share(sum(tracked_seconds), sum(untracked_seconds)),
        slower=100 * (sum(size.tracked_bare for size in sizes) / sum(size.bare for size in sizes) - 1),
        report=100 * largest.report / largest.tracked.median,
        machine=machine,
    )


def _share(tracked: float, untracked: float) -> float:
    return 100 * (tracked - untracked) / tracked
