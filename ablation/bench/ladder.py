"""Compares a whole ladder by one command with the same recipes as independent scripts."""

from collections import Counter
from dataclasses import dataclass

from ablation.bench.checks import check_script, check_single
from ablation.bench.figures import MedianRange
from ablation.bench.job import Job
from ablation.bench.machine import Machine
from ablation.bench.runs import Command
from ablation.bench.scripts import Scripts, measure, ways_of
from ablation.bench.trainer import Notify, job_of
from ablation.bench.trainers import PLAIN, Contestant
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.recipe import Recipe


@dataclass(frozen=True)
class LadderRecord:
    """The comparison of a ladder.

    Args:
        command: seconds of ``ablation run`` in a fresh store, tracked, from the start of the process to the table.
        trainings: number of trainings of the command.
        slots: how many of them ran at once.
        rows, recipes: rows of all designs, and distinct recipes among them.
        replicates: of each row.
        scripts: rows times replicates: the scripts that would replace the command.
        ways: the measured ways to run the scripts.
    """

    experiment: str
    command: MedianRange
    trainings: int
    slots: int
    rows: int
    recipes: int
    replicates: int
    scripts: int
    ways: tuple[Scripts, ...]
    machine: Machine


def compare_ladder(
    planned: Plan,
    store: ContentStore,
    command: Command,
    slots: int,
    peer: Contestant,
    sample: int,
    runs: int,
    notify: Notify,
) -> LadderRecord:
    """Time the command, then a peer's scripts one after another and several at a time, then scripts of our trainer.

    Args:
        planned: the ladder, its data decoded in ``store``.
        slots: trainings that the command runs at once.
        sample: scripts of each recipe that are run, at most one for each replicate.
        runs: repetitions of the command.

    Raises:
        UserError: the peer is not installed or does not support a row, or a process failed.
    """
    jobs, weights = script_jobs(planned, store, sample, peer), rows_by_recipe(planned)
    finished = []
    for _ in range(runs):
        finished.append(command.run(planned.replicates))
        notify(f"ablation run: {finished[-1].seconds:.1f} s, {finished[-1].trainings} trainings")
    seconds = MedianRange.of([each.seconds for each in finished])
    ways = [measure(way, jobs, weights, planned.replicates, seconds.median, notify) for way in ways_of(peer, slots)]
    return LadderRecord(
        experiment=planned.name,
        command=seconds,
        trainings=finished[0].trainings,
        slots=slots,
        rows=sum(weights.values()),
        recipes=len(weights),
        replicates=planned.replicates,
        scripts=sum(weights.values()) * planned.replicates,
        ways=tuple(ways),
        machine=Machine.here(next(iter(jobs.values()))[0].task["device"], [peer.library]),
    )


def script_jobs(planned: Plan, store: ContentStore, sample: int, peer: Contestant) -> dict[str, list[Job]]:
    """The scripts to run for each variant: its first replicates, each of which ends with a prediction.

    Raises:
        UserError: the peer is not installed, or does not support a variant.
    """
    if peer.missing:
        raise UserError(f"{peer.name} is {peer.missing}", place="--peer")
    check = check_script if peer == PLAIN else check_single
    jobs: dict[str, list[Job]] = {}
    for variant in planned.variants:
        check(Recipe.model_validate(variant.recipe), variant.name)
        numbers = range(min(sample, len(planned.runs_of(variant.name))))
        jobs[variant.name] = [job_of(planned, variant.name, store, number, planned.judged_on) for number in numbers]
    return jobs


def rows_by_recipe(planned: Plan) -> dict[str, int]:
    """For each variant the number of rows that share it; without sharing, each row is one script."""
    rows = Counter(point.variant for point in planned.design_points)
    return {variant.name: max(rows[variant.name], 1) for variant in planned.variants}
