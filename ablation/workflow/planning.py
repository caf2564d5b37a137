"""What would be trained: the plan of an experiment; data are decoded, nothing is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, source_of
from ablation.experiment.planning.plan import Plan, Run
from ablation.workflow import workers
from ablation.workflow.options import Options
from ablation.workflow.printed import Printed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ablation.experiment.planning.made_again import MadeAgain
    from ablation.experiment.planning.run_mode import RunMode
    from ablation.stage import Stage


@dataclass(frozen=True)
class PlannedExperiment(Printed):
    """What would be trained, and what is in the store already; prints as ``ablation plan`` does.

    Args:
        plan: every run and stage.
        options: under which it would be carried out.
        again: what of the last run would be trained again; None if nothing.
    """

    plan: Plan
    options: Options
    again: MadeAgain | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every variant under every replicate, with the addresses of its stages."""
        return self.plan.runs

    @property
    def stages(self) -> Mapping[str, Stage]:
        """Trainings and predictions, by address."""
        return self.plan.stages

    @cached_property
    def seconds(self) -> float:
        """Estimate of the time that what is missing takes, in one slot; a few steps of unknown trainings are timed."""
        return slot_seconds(self.plan, self.options)

    def __rich__(self) -> RenderableType:
        from ablation.reporting.texts.plan_text import plan_text

        return plan_text(self.plan, self.options.store, self.seconds, job_count(self.plan, self.options), self.again)


def plan(
    experiment: ExperimentLike,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    options: Options | None = None,
    untuned: bool = False,
) -> PlannedExperiment:
    """What each rung changes, what is trained already and how long the rest takes; trains nothing.

    Args:
        experiment: the path of an experiment file, or an ``Experiment``.
        overrides: ``section.key=value`` texts for the baseline, ``Rung name/section.key=value`` for a rung's patch.
        replicates: instead of the experiment's number.
        options: the store and the device.
        untuned: whether every variant keeps the file's settings, though ``tune`` with ``each`` found better ones.

    Raises:
        UserError: what the experiment asks for cannot work.

    Example:
        >>> print(ablation.plan("experiments/digits.yaml", overrides=["train.epochs=3"]))
    """
    source, options = source_of(experiment), options or Options()
    planned = plan_of(source, overrides, replicates, options, untuned=untuned)
    return PlannedExperiment(planned, options, trained_again(planned, source, options))


def plan_of(
    experiment: ExperimentLike,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    options: Options | None = None,
    mode: RunMode | None = None,
    without: Sequence[str] = (),
    untuned: bool = False,
) -> Plan:
    """The plan alone; see ``plan``.

    Args:
        mode: which of it runs, under which replicates; None for the ladder.
        without: rungs to leave out of the experiment.

    Raises:
        UserError: what the experiment asks for cannot work.
    """
    from ablation.core.device import pick
    from ablation.experiment.config.file import experiment_of
    from ablation.experiment.planning.context import PlanningContext
    from ablation.experiment.planning.planner import make_plan
    from ablation.experiment.planning.run_mode import LADDER

    source, options, mode = source_of(experiment), options or Options(), mode or LADDER
    changed = experiment_of(source, overrides, replicates, without)
    context = PlanningContext(changed, options.store, pick(options.device), source.origin(overrides))
    number = replicates or len(mode.numbers or ()) or None
    invocation = options.invocation(source.file, mode.purpose, overrides, number)
    invocation = dataclasses.replace(invocation, without=tuple(without), untuned=untuned)
    return make_plan(context, mode, untuned, invocation)


def trained_again(planned: Plan, experiment: ExperimentLike, options: Options) -> MadeAgain | None:
    """The trainings of an experiment's last run that are made again with the same settings; None if there are none.

    The last run is what the store has, so call this before the new plan is stored.
    """
    from ablation.experiment.planning.made_again import made_again
    from ablation.experiment.store.plan_store import load_stored_plan

    if all(options.store.has(stage.address) for stage in planned.stages.values() if stage.kind == "train"):
        return None
    try:
        last = load_stored_plan(experiment, options.store, planned.purpose)
    except UserError:  # it was never run, or by a version whose plans cannot be read
        return None
    return made_again(last, planned, options.store)


def slot_seconds(planned: Plan, options: Options) -> float:
    """Estimate of the time that what is missing takes in one slot; a few steps of unknown trainings are timed."""
    from ablation.core.profiling.dry_run import seconds_per_image
    from ablation.experiment.planning.estimate import seconds_left

    store = options.store
    return seconds_left(planned, store, lambda task: seconds_per_image(task, store.datasets))


def job_count(planned: Plan, options: Options) -> int:
    """How many stages are computed at once."""
    device, threads = device_and_threads(planned)
    return workers.slot_count(device, threads, options)


def device_and_threads(planned: Plan) -> tuple[str, int]:
    """The plan's device, and the most threads that one of its trainings takes."""
    tasks = [stage.task for stage in planned.stages.values() if stage.kind == "train"]
    return tasks[0]["device"], max(task["recipe"]["train"]["threads"] for task in tasks)
