"""Compares a whole ladder by one command with the same recipes as independent scripts."""

from collections import Counter
from dataclasses import dataclass

from ablation.bench.command import Command, Finished
from ablation.bench.job import Job
from ablation.bench.measurements import Machine, MedianRange
from ablation.bench.scripts import Scripts, measure_scripts, ways_of
from ablation.bench.trainer import Notify, job_of
from ablation.bench.trainers import PLAIN, Contestant, check, peers_of
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.recipe import Recipe
from ablation.workflow.workers import job_count


@dataclass(frozen=True)
class LadderRecord:
    """The comparison of a ladder.

    Args:
        command: seconds of ``ablation run`` in a fresh store, tracked, from the start of the process to the table.
        trainings, slots: trainings of the command, and how many of them ran at once.
        rows, recipes: rows of all designs, and distinct recipes among them.
        scripts: rows times replicates: the scripts that would replace the command.
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


def bench_ladder(
    command: Command, replicates: int | None, sample: int, runs: int, peer: str | None, notify: Notify
) -> LadderRecord:
    """Time a ladder by the command, then as a peer's scripts one after another and several at a time, then as ours.

    Args:
        replicates: instead of the file's; None to keep it.
        sample: scripts of each recipe that are run, at most one for each replicate, >= 1.
        runs: repetitions of the command, >= 1.
        peer: trains the scripts; None for the plain loop.

    Raises:
        UserError: the peer is unknown, not installed or does not support a row, or a process failed.
    """
    (contestant,) = peers_of([peer or PLAIN.name])
    with command.planned(replicates) as (planned, options):
        jobs, weights = script_jobs(planned, options.store, sample, contestant), rows_by_recipe(planned)
        slots, finished = job_count(planned.stages, options), list[Finished]()
        for _ in range(runs):
            finished.append(command.run(planned.replicates))
            notify(f"ablation run: {finished[-1].seconds:.1f} s, {finished[-1].trainings} trainings")
        seconds = MedianRange.of([run.seconds for run in finished])
        ways = ways_of(contestant, slots)
        measured = [measure_scripts(way, jobs, weights, planned.replicates, seconds.median, notify) for way in ways]
    return LadderRecord(
        experiment=planned.name,
        command=seconds,
        trainings=finished[0].trainings,
        slots=slots,
        rows=sum(weights.values()),
        recipes=len(weights),
        replicates=planned.replicates,
        scripts=sum(weights.values()) * planned.replicates,
        ways=tuple(measured),
        machine=Machine.here(next(iter(jobs.values()))[0].task["device"], [contestant.library]),
    )


def script_jobs(planned: Plan, store: ContentStore, sample: int, peer: Contestant) -> dict[str, list[Job]]:
    """The scripts to run for each variant: its first replicates, each of which ends with a prediction.

    ``UserError`` if the peer is not installed, or does not support a variant.
    """
    if peer.missing:
        raise UserError(f"{peer.name} is {peer.missing}", place="--peer")
    jobs: dict[str, list[Job]] = {}
    for variant in planned.variants:
        check(variant.name, Recipe.model_validate(variant.recipe), [peer])
        numbers = range(min(sample, len(planned.runs_of(variant.name))))
        jobs[variant.name] = [job_of(planned, variant.name, store, number, planned.judged_on) for number in numbers]
    return jobs


def rows_by_recipe(planned: Plan) -> dict[str, int]:
    """For each variant the number of rows that share it; without sharing, each row is one script."""
    rows = Counter(point.variant for point in planned.design_points)
    return {variant.name: max(rows[variant.name], 1) for variant in planned.variants}
