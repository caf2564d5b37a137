"""Independent scripts in place of a ladder: several at a time, each with the fastest number of threads."""

import math
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice

from ablation.bench.job import Job
from ablation.bench.measurements import MedianRange, counted
from ablation.bench.trainer import Notify
from ablation.bench.trainers import OURS, Contestant, FailedError, Timed, timed
from ablation.core.profiling.processors import doublings, processors
from ablation.errors import UserError


@dataclass(frozen=True)
class Scripts:
    """The measurement of independent scripts, one for each row and replicate; only some were run.

    Args:
        way: trainer, number at a time and number of threads, as text.
        at_once: scripts side by side.
        threads: of each script: the number with which the first scripts were fastest.
        tried: mean seconds of the first scripts by number of threads; empty if only one number is possible.
        measured: number of scripts that were run.
        seconds: estimate for all scripts; see ``total_seconds``.
        by_row: seconds of the measured scripts of each row.
        ratio: ``seconds`` over those of the command.
        ratio_of_recipes: the same if rows with one recipe shared a script, as they share a run in the command.
        test_accuracy: mean over the measured scripts, in [0, 1].
    """

    way: str
    at_once: int
    threads: int
    tried: Mapping[int, float]
    measured: int
    seconds: float
    by_row: Mapping[str, MedianRange]
    ratio: float
    ratio_of_recipes: float
    test_accuracy: float


@dataclass(frozen=True)
class Way:
    """How scripts are run: by which trainer, and how many at a time."""

    trainer: Contestant
    at_once: int

    def text(self, threads: int) -> str:
        trainer = "our trainer" if self.trainer == OURS else f"{self.trainer.name} scripts"
        side = "one after another" if self.at_once == 1 else f"{self.at_once} at a time"
        return f"{trainer}, {side}, {counted(threads, 'thread')} each"


def ways_of(peer: Contestant, slots: int) -> list[Way]:
    """A peer's scripts one, two and, like the command, ``slots`` at a time; and ours one after another."""
    return [*(Way(peer, size) for size in sorted({1, 2, slots})), Way(OURS, 1)]


def measure_scripts(
    way: Way,
    jobs: Mapping[str, Sequence[Job]],
    weights: Mapping[str, int],
    replicates: int,
    command: float,
    notify: Notify,
) -> Scripts:
    """Run the scripts of each row one way, with the fastest number of threads for the first of them.

    Args:
        jobs: those to run, by row; some run twice so that always ``at_once`` run side by side.
        weights: number of scripts of each row in a replicate.
        command: seconds of the command.

    Raises:
        UserError: a script failed.
    """
    once = [(name, job) for name, row_jobs in jobs.items() for job in row_jobs]
    scripts = list(islice(cycle(once), way.at_once * math.ceil(len(once) / way.at_once)))
    tried = _tried(way, scripts[: way.at_once], notify)
    threads = min(tried, key=tried.__getitem__)
    times = _run(way, threads, scripts, notify)
    by_row = {name: MedianRange.of([time.seconds for row, time in times if row == name]) for name in jobs}
    seconds = total_seconds(by_row, weights, replicates, way.at_once)
    shared = total_seconds(by_row, dict.fromkeys(weights, 1), replicates, way.at_once)
    accuracies = [time.answer.test_accuracy for _, time in times if time.answer.test_accuracy is not None]
    return Scripts(
        way=way.text(threads),
        at_once=way.at_once,
        threads=threads,
        tried=tried if len(tried) > 1 else {},
        measured=len(times),
        seconds=seconds,
        by_row=by_row,
        ratio=seconds / command,
        ratio_of_recipes=shared / command,
        test_accuracy=statistics.fmean(accuracies),
    )


def total_seconds(
    by_row: Mapping[str, MedianRange], weights: Mapping[str, int], replicates: int, at_once: int
) -> float:
    """Seconds of all scripts, ``at_once`` at a time; each counts as the median of its row. ``weights`` as above."""
    return replicates * sum(weights[name] * measured.median for name, measured in by_row.items()) / at_once


def _tried(way: Way, first: Sequence[tuple[str, Job]], notify: Notify) -> dict[int, float]:
    """Mean seconds of the first scripts by number of threads; 0, unmeasured, if only one number is possible."""
    counts = doublings(max(1, processors() // way.at_once))
    if len(counts) == 1:
        return {counts[0]: 0.0}
    return {count: statistics.fmean(time.seconds for _, time in _run(way, count, first, notify)) for count in counts}


def _run(way: Way, threads: int, scripts: Sequence[tuple[str, Job]], notify: Notify) -> list[tuple[str, Timed]]:
    """Run scripts, ``way.at_once`` at a time; returns the row and time of each."""

    def run(row_and_job: tuple[str, Job]) -> tuple[str, Timed]:
        name, job = row_and_job
        try:
            time = timed(way.trainer, job.on(threads))
        except FailedError as error:
            raise UserError(f"the script of {name} failed: {error}", place="ablation bench ladder") from error
        notify(f"{way.text(threads)}: {name}: {time.seconds:.1f} s")
        return name, time

    with ThreadPoolExecutor(way.at_once) as pool:
        return list(pool.map(run, scripts))
