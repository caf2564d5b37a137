"""Independent scripts that stand for a ladder: so many at a time, each with the threads that suit it best."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ablation.bench.figures import Spread
from ablation.bench.job import Job
from ablation.bench.processes import FailedError, Timed, timed
from ablation.bench.trainer import Told
from ablation.bench.trainers import OURS, Contestant
from ablation.core.profiling.processors import processors
from ablation.errors import UserError

AT_ONCE = 2
"""Scripts side by side in the second comparison."""


@dataclass(frozen=True)
class Scripts:
    """Independent scripts, one process for each row and replicate, of which some were run.

    Args:
        way: who trains, how many at a time and with how many threads, as words.
        threads: of each script: those with which the first of them were fastest.
        tried: mean seconds of those first scripts under each number of threads; empty where there was no choice.
        measured: scripts that were run.
        seconds: of all scripts: each counts at the median of its row; over ``at_once`` where so many run side by side.
        by_row: seconds of the scripts of each row that were run.
        ratio: ``seconds`` over those of the command.
        ratio_of_recipes: the same if rows with one recipe shared a script, as they share a run in the command.
        test_accuracy: mean over the scripts that were run, in [0, 1].
    """

    way: str
    at_once: int
    threads: int
    tried: Mapping[int, float]
    measured: int
    seconds: float
    by_row: Mapping[str, Spread]
    ratio: float
    ratio_of_recipes: float
    test_accuracy: float


@dataclass(frozen=True)
class Way:
    """How scripts are run: whose, and how many at a time."""

    who: Contestant
    at_once: int

    def text(self, threads: int) -> str:
        """In words."""
        trainer = "our trainer" if self.who == OURS else f"{self.who.name} scripts"
        side = "one after another" if self.at_once == 1 else f"{self.at_once} at a time"
        return f"{trainer}, {side}, {threads} thread{'s' * (threads > 1)} each"


def ways_of(peer: Contestant, lanes: int) -> list[Way]:
    """What the command is compared with.

    Args:
        lanes: trainings that the command does at once; where they are many, the scripts get as many.
    """
    sizes = (1, AT_ONCE, lanes) if lanes > AT_ONCE else (1, AT_ONCE)
    return [*(Way(peer, size) for size in sizes), Way(OURS, 1)]


def thread_counts(at_once: int, available: int) -> tuple[int, ...]:
    """1, 2, 4 and so on, and as many as there are for each of the scripts at a time.

    Args:
        available: processors.
    """
    most = max(1, available // at_once)
    return (*itertools.takewhile(lambda count: count < most, (2**power for power in itertools.count())), most)


def measure(
    way: Way,
    jobs: Mapping[str, Sequence[Job]],
    weights: Mapping[str, int],
    replicates: int,
    command: float,
    told: Told,
) -> Scripts:
    """Run the scripts of each row one way, with the number of threads that suits the first of them best.

    Args:
        jobs: of each row, those that are run; they go round once more where the last would have less company.
        weights: scripts of each row in a replicate.
        command: seconds of the command.

    Raises:
        UserError: a script failed.
    """
    once = [(name, job) for name, of_it in jobs.items() for job in of_it]
    listed = [each for each, _ in zip(itertools.cycle(once), range(-(-len(once) // way.at_once) * way.at_once))]
    tried = _tried(way, listed[: way.at_once], told)
    threads = min(tried, key=tried.__getitem__)
    times = _run(way, threads, listed, told)
    by_row = {name: Spread.of([found.seconds for row, found in times if row == name]) for name in jobs}
    seconds = total(by_row, weights, replicates, way.at_once)
    shared = total(by_row, dict.fromkeys(weights, 1), replicates, way.at_once)
    accuracies = [found.answer.test_accuracy for _, found in times]
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
        test_accuracy=statistics.fmean(each for each in accuracies if each is not None),
    )


def total(by_row: Mapping[str, Spread], weights: Mapping[str, int], replicates: int, at_once: int) -> float:
    """Seconds of all scripts: each at the median of its row, and so many at once.

    Args:
        weights: scripts of each row in a replicate.
    """
    return replicates * sum(weights[name] * found.median for name, found in by_row.items()) / at_once


def _tried(way: Way, first: Sequence[tuple[str, Job]], told: Told) -> dict[int, float]:
    """Mean seconds of the first scripts under each number of threads; 0 where there is but one."""
    counts = thread_counts(way.at_once, processors())
    if len(counts) == 1:
        return {counts[0]: 0.0}
    return {count: statistics.fmean(found.seconds for _, found in _run(way, count, first, told)) for count in counts}


def _run(way: Way, threads: int, listed: Sequence[tuple[str, Job]], told: Told) -> list[tuple[str, Timed]]:
    """The times of some scripts and their rows, as many run at once as the way has them."""

    def run(each: tuple[str, Job]) -> tuple[str, Timed]:
        name, job = each
        try:
            found = timed(way.who, job.on(threads))
        except FailedError as error:
            raise UserError(f"the script of {name} failed: {error}", place="ablation bench ladder") from error
        told(f"{way.text(threads)}: {name}: {found.seconds:.1f} s")
        return name, found

    with ThreadPoolExecutor(way.at_once) as side:
        return list(side.map(run, listed))
