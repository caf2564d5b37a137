"""A whole ladder by one command, against the same recipes as scripts that share nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ablation.bench.checks import check_script, check_single
from ablation.bench.figures import Spread
from ablation.bench.job import Job
from ablation.bench.machine import Machine
from ablation.bench.runs import Command
from ablation.bench.scripts import Scripts, measure, ways_of
from ablation.bench.trainer import Told, job_of
from ablation.bench.trainers import PLAIN, Contestant
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.recipe import Recipe


@dataclass(frozen=True)
class LadderRecord:
    """A ladder, compared.

    Args:
        command: seconds of ``ablation run`` in a fresh store, tracked, from the start of the process to the table.
        trainings: that the command did.
        lanes: how many of them at once.
        rows, recipes: rows that the designs ask for, and distinct recipes among them.
        replicates: of each row.
        scripts: rows times replicates: what would run without the command.
    """

    experiment: str
    command: Spread
    trainings: int
    lanes: int
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
    lanes: int,
    peer: Contestant,
    sample: int,
    runs: int,
    told: Told,
) -> LadderRecord:
    """Time the command, then scripts of a peer one after another and several at a time, then our own trainer's.

    Args:
        planned: the ladder, its data decoded in ``store``.
        lanes: trainings that the command does at once.
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
    ways = [measure(way, jobs, weights, planned.replicates, seconds.median, told) for way in ways_of(peer, lanes)]
    return LadderRecord(
        experiment=planned.name,
        command=seconds,
        trainings=finished[0].trainings,
        lanes=lanes,
        rows=sum(weights.values()),
        recipes=len(weights),
        replicates=planned.replicates,
        scripts=sum(weights.values()) * planned.replicates,
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
    found = Counter(point.variant for point in planned.design_points)
    return {variant.name: max(found[variant.name], 1) for variant in planned.variants}
