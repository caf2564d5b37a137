"""What would be trained: the plan of an experiment; data are decoded, nothing is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
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

    from ablation.core.task import Task
    from ablation.experiment.config.file import Experiment
    from ablation.experiment.planning.made_again import MadeAgain
    from ablation.experiment.planning.run_mode import RunMode
    from ablation.stage import Stage


@dataclass(frozen=True)
class PlannedExperiment(Printed):
    """What would be trained, and what is in the store already; prints as ``ablation plan`` does.

    Args:
        plan: every run and stage.
        options: how it would be run.
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
        from ablation.core.profiling.dry_run import seconds_per_image
        from ablation.experiment.planning.estimate import seconds_left

        store = self.options.store
        return seconds_left(self.plan, store, lambda task: seconds_per_image(task, store.datasets))

    def __rich__(self) -> RenderableType:
        from ablation.reporting.texts.plan_text import plan_text

        jobs = workers.job_count(self.stages, self.options)
        return plan_text(self.plan, self.options.store, self.seconds, jobs, self.again)


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
        options: store, device, jobs and MLflow.
        untuned: keep the file's settings, though ``tune`` with ``each`` found better ones for every variant.

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
    mode_of: Callable[[Experiment], RunMode] | None = None,
    without: Sequence[str] = (),
    untuned: bool = False,
) -> Plan:
    """The plan alone; see ``plan``.

    Args:
        mode_of: decides which of the experiment runs, and under which replicates; None for the ladder.
        without: rungs to leave out of the experiment.
    """
    from ablation.core.device import pick
    from ablation.experiment.config.file import experiment_of
    from ablation.experiment.planning.context import PlanningContext
    from ablation.experiment.planning.planner import make_plan
    from ablation.experiment.planning.run_mode import LADDER

    source, options = source_of(experiment), options or Options()
    changed = experiment_of(source, overrides, None if mode_of else replicates, without)
    mode = mode_of(changed) if mode_of else LADDER
    context = PlanningContext(changed, options.store, pick(options.device), source.origin(overrides))
    asked = options.invocation(source.file, overrides, replicates)
    asked = dataclasses.replace(asked, purpose=mode.purpose, without=tuple(without), untuned=untuned)
    return make_plan(context, mode, untuned, asked)


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


def row_task(
    experiment: ExperimentLike, rung: str | None, overrides: Sequence[str], options: Options
) -> tuple[str, Task]:
    """The name of a row of the ladder, and its training under the first replicate, from its start."""
    from ablation.core.task import Task

    planned = plan_of(experiment, overrides, 1, options)
    (variant,) = planned.chosen([rung or planned.full_row], "--rung")
    return variant, Task.from_json(planned.stages[planned.runs_of(variant)[0].train].task)
