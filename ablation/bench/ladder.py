"""A whole ladder by one command, against the same recipes as scripts that share nothing."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ablation.bench.checks import check_script, check_single
from ablation.bench.contestants import OURS, PLAIN, Contestant
from ablation.bench.figures import Spread
from ablation.bench.job import Job
from ablation.bench.machine import Machine, cores
from ablation.bench.processes import FailedError, Timed, timed
from ablation.bench.runs import Command
from ablation.bench.trainer import Told, job_of
from ablation.errors import UserError
from ablation.experiment.plan import Plan
from ablation.experiment.store import ContentStore
from ablation.recipe.recipe import Recipe

AT_ONCE = 2
"""Scripts side by side in the second comparison."""


@dataclass(frozen=True)
class Scripts:
    """Independent scripts, one process for each row and replicate, of which some were run.

    Args:
        way: who trains, how many at a time and with how many threads, as words.
        seconds: of all scripts: each counts at the median of its row; over ``at_once`` where so many run side by side.
        by_row: seconds of the scripts of each row that were run.
        ratio: ``seconds`` over those of the command.
        ratio_of_recipes: the same if rows with one recipe shared a script, as they share a run in the command.
        test_accuracy: mean over the scripts that were run, in [0, 1].
    """

    way: str
    at_once: int
    threads: int
    seconds: float
    by_row: Mapping[str, Spread]
    ratio: float
    ratio_of_recipes: float
    test_accuracy: float


@dataclass(frozen=True)
class LadderRecord:
    """A ladder, compared.

    Args:
        command: seconds of ``ablation run`` in a fresh store, tracked, from the start of the process to the table.
        trainings: that the command did.
        rows, recipes: rows that the designs ask for, and distinct recipes among them.
        replicates: of each row.
        scripts: rows times replicates: what would run without the command.
        measured: scripts of each recipe that were really run.
    """

    experiment: str
    command: Spread
    trainings: int
    rows: int
    recipes: int
    replicates: int
    scripts: int
    measured: int
    ways: tuple[Scripts, ...]
    machine: Machine


def compare_ladder(
    planned: Plan, store: ContentStore, command: Command, peer: Contestant, sample: int, runs: int, told: Told
) -> LadderRecord:
    """Time the command, then scripts of a peer one after another and two at a time, then our own trainer so.

    Args:
        planned: the ladder, its data decoded in ``store``.
        sample: scripts of each recipe that are really run, at most one a replicate.
        runs: of the command.

    Raises:
        UserError: the peer is not installed, a row is beyond its scripts, or one of the processes failed.
    """
    jobs, weights = jobs_of(planned, store, sample, peer), rows_by_recipe(planned)
    finished = []
    for _ in range(runs):
        finished.append(command.run(planned.replicates))
        told(f"ablation run: {finished[-1].seconds:.1f} s, {finished[-1].trainings} trainings")
    seconds = Spread.of([each.seconds for each in finished])
    ways = [_best(options, jobs, weights, planned.replicates, seconds.median, told) for options in _ways(peer)]
    return LadderRecord(
        experiment=planned.name,
        command=seconds,
        trainings=finished[0].trainings,
        rows=sum(weights.values()),
        recipes=len(weights),
        replicates=planned.replicates,
        scripts=sum(weights.values()) * planned.replicates,
        measured=min(sample, planned.replicates),
        ways=tuple(ways),
        machine=Machine.here(next(iter(jobs.values()))[0].task["device"], [peer.library]),
    )


def jobs_of(planned: Plan, store: ContentStore, sample: int, peer: Contestant) -> dict[str, list[Job]]:
    """For each variant the scripts of it that are run: of its first replicates, each with a prediction at its end.

    Raises:
        UserError: the peer is not installed, or a variant is beyond its scripts.
    """
    if peer.missing:
        raise UserError(f"{peer.name} is {peer.missing}", place="--peer")
    check = check_script if peer == PLAIN else check_single
    found: dict[str, list[Job]] = {}
    for variant in planned.variants:
        check(Recipe.model_validate(variant.recipe), variant.name)
        numbers = range(min(sample, len(planned.runs_of(variant.name))))
        found[variant.name] = [job_of(planned, variant.name, store, each, planned.judged_on) for each in numbers]
    return found


def rows_by_recipe(planned: Plan) -> dict[str, int]:
    """How many rows that the designs ask for each variant answers: one script each, where nothing is shared."""
    found = Counter(asked.variant for asked in planned.asked)
    return {variant.name: max(found[variant.name], 1) for variant in planned.variants}


def total(by_row: Mapping[str, Spread], weights: Mapping[str, int], replicates: int, at_once: int) -> float:
    """Seconds of all scripts: each at the median of its row, and so many at once.

    Args:
        weights: scripts of each row in a replicate.
    """
    return replicates * sum(weights[name] * found.median for name, found in by_row.items()) / at_once


@dataclass(frozen=True)
class _Way:
    """How scripts are run."""

    who: Contestant
    at_once: int
    threads: int

    @property
    def text(self) -> str:
        trainer = "our trainer" if self.who == OURS else f"{self.who.name} scripts"
        side = "one after another" if self.at_once == 1 else f"{self.at_once} at a time"
        return f"{trainer}, {side}, {self.threads} thread{'s' * (self.threads > 1)} each"


def _ways(peer: Contestant) -> list[list[_Way]]:
    """What is measured; of several numbers of threads the one that suits scripts side by side is found out."""
    side_by_side = [_Way(peer, AT_ONCE, threads) for threads in sorted({1, cores()})]
    return [[_Way(peer, 1, cores())], side_by_side, [_Way(OURS, 1, cores())]]


def _best(
    ways: Sequence[_Way],
    jobs: Mapping[str, Sequence[Job]],
    weights: Mapping[str, int],
    replicates: int,
    command: float,
    told: Told,
) -> Scripts:
    """The fastest of some ways to run the scripts."""
    found = [_summed(way, _run(way, jobs, told), weights, replicates, command) for way in ways]
    return min(found, key=lambda each: each.seconds)


def _run(way: _Way, jobs: Mapping[str, Sequence[Job]], told: Told) -> dict[str, list[Timed]]:
    """The times of each row's scripts, as many run at once as the way has them."""
    listed = [(name, job.on(way.threads)) for name, of_it in jobs.items() for job in of_it]

    def run(each: tuple[str, Job]) -> Timed:
        name, job = each
        try:
            found = timed(way.who, job)
        except FailedError as error:
            raise UserError(f"the script of {name} failed: {error}", place="ablation bench ladder") from error
        told(f"{way.text}: {name}: {found.seconds:.1f} s")
        return found

    with ThreadPoolExecutor(way.at_once) as side:
        times = list(side.map(run, listed))
    by_row: dict[str, list[Timed]] = {name: [] for name in jobs}
    for (name, _), found in zip(listed, times, strict=True):
        by_row[name].append(found)
    return by_row


def _summed(
    way: _Way, times: Mapping[str, Sequence[Timed]], weights: Mapping[str, int], replicates: int, command: float
) -> Scripts:
    by_row = {name: Spread.of([each.seconds for each in found]) for name, found in times.items()}
    seconds = total(by_row, weights, replicates, way.at_once)
    once = total(by_row, dict.fromkeys(weights, 1), replicates, way.at_once)
    accuracies = [each.answer.test_accuracy for found in times.values() for each in found]
    return Scripts(
        way=way.text,
        at_once=way.at_once,
        threads=way.threads,
        seconds=seconds,
        by_row=by_row,
        ratio=seconds / command,
        ratio_of_recipes=once / command,
        test_accuracy=statistics.fmean(each for each in accuracies if each is not None),
    )
