"""The studies of an experiment: which rows are tuned, and the conditions under which scores are comparable."""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ablation.core.streams import Streams
from ablation.errors import UserError, nearest, placed
from ablation.experiment.config.file import BASELINE_ROW, Experiment
from ablation.experiment.config.search import TuneSettings
from ablation.experiment.config.setting_paths import with_values
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.addresses import weights_identity
from ablation.experiment.planning.checks import check_fit
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.source_hashes import metric_sources
from ablation.experiment.planning.stage_graph import StageGraph
from ablation.experiment.planning.variants import Ladder, ResolvedVariant, resolve, written
from ablation.experiment.search.parameters import suggested
from ablation.experiment.search.resolve_space import resolve_space
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.study_plan import Study, StudyPlan, Tryout
from ablation.recipe.data import DataSettings


def study_of(
    experiment: Experiment, context: PlanningContext, row: str | None = None, each: bool = False, name: str = ""
) -> Study:
    """The study of one row of the ladder.

    Args:
        row: name of a rung or a row, or ``baseline``; None for ``tune.base``, or else the last row before a tuned rung.
        each: as in ``StudyPlan``.
        name: distinguishes it from other studies of the same row; overrides ``tune.study``.

    Raises:
        UserError: there is no such row, the space is not valid for it, or the protocol redraws the test images.
    """
    settings, ladder = experiment.tune or TuneSettings(), resolve(experiment, context.origin)
    return _study(_row(ladder, row, settings.base, context.origin), settings, context, each, name)


def studies_of_each(experiment: Experiment, context: PlanningContext, name: str = "") -> tuple[Study, ...]:
    """As ``study_of``, for every distinct recipe of the plan, in its order, without controls and the tuned rung."""
    settings, ladder = experiment.tune or TuneSettings(), resolve(experiment, context.origin)
    variants = (variant for variant in ladder.variants if not variant.execution)
    return tuple(_study(variant, settings, context, each=True, name=name) for variant in variants)


def _study(variant: ResolvedVariant, settings: TuneSettings, context: PlanningContext, each: bool, name: str) -> Study:
    experiment, recipe = context.experiment, variant.recipe
    _check_protocol(experiment, context.origin)
    space = resolve_space(settings, recipe, f"{context.origin}: tune")
    with placed(f"{context.origin}: {variant.name}"):
        conditions = _conditions(variant, space, settings, context)
    suffix = f" ({name or settings.study})" if name or settings.study else ""
    plan = StudyPlan(
        name=f"{experiment.name}: {'each ' if each else ''}{variant.name}{suffix}",
        experiment=experiment.name,
        row=variant.name,
        definition=address(conditions),
        conditions=conditions,
        space=space,
        sampler=settings.sampler,
        pruner=settings.pruner,
        trials=settings.trials,
        minutes=settings.minutes,
        replicates=settings.replicates,
        metric=experiment.metric,
        seed=int(Streams(experiment.seed, replicate=0).generator("tuner").integers(2**32)),
        epochs=recipe.train.epochs,
        each=each,
    )
    suggest = partial(suggested, space, recipe)
    return Study(plan, partial(tryout_of, variant, context), suggest, own=suggest(lambda parameter: parameter.own))


def tryout_of(row: ResolvedVariant, context: PlanningContext, values: Mapping[str, Any], replicate: int) -> Tryout:
    """The tryout of a row's recipe with some values; other members of an ensemble stay as they are."""
    with placed(f"{context.origin}: {row.name}"):
        variant = dataclasses.replace(row, recipe=with_values(row.recipe, values))
        check_fit(variant.recipe, context)
        return StageGraph(context).of(variant).tryout(replicate)


def _row(ladder: Ladder, row: str | None, base: str | None, origin: str) -> ResolvedVariant:
    above = zip(ladder.rungs, ladder.rows[1:], strict=True)
    rows = {BASELINE_ROW: ladder.rows[0]} | {rung.name: name for rung, name in above if not rung.control}
    names = rows | {name: name for name in rows.values()}
    chosen = row or base or list(rows)[-1]
    if chosen not in names:
        place = "row" if row else f"{origin}: tune.base"
        raise UserError(f"no row {chosen!r} that could be tuned", place=place, remedy=nearest(chosen, rows))
    return next(variant for variant in ladder.variants if variant.name == names[chosen])


def _check_protocol(experiment: Experiment, origin: str) -> None:
    if experiment.protocol != "fixed_test":
        reason = "as one replicate validates on images that another is tested on"
        problem = f"nothing can be tuned under protocol: {experiment.protocol}, {reason}"
        remedy = "use fixed_test, whose test images no trial ever sees"
        raise UserError(problem, place=f"{origin}: protocol", remedy=remedy)


def _conditions(
    variant: ResolvedVariant, space: SearchSpace, settings: TuneSettings, context: PlanningContext
) -> dict[str, str]:
    experiment, recipe = context.experiment, variant.recipe
    sources = metric_sources([experiment.metric], context.folder)
    return {
        "metric": experiment.metric,
        **{f"metric code of {name}": code for name, code in sources.items()},
        "seed": str(experiment.seed),
        "protocol": experiment.protocol,
        "replicates": str(settings.replicates),
        **({"sampler": "grid"} if settings.sampler == "grid" else {}),  # the trial's number chooses its point
        **{f"data at {size} pixels": fingerprint for size, fingerprint in context.fingerprints(recipe).items()},
        **dict(_recipe_conditions(variant, context)),
        **{f"space.{parameter.path}": _range(parameter) for parameter in space.parameters},
    }


def _recipe_conditions(variant: ResolvedVariant, context: PlanningContext) -> Iterator[tuple[str, str]]:
    """Settings of the recipe and of an ensemble's members; data count by their fingerprint, not by their location."""
    recipes = {"": variant.recipe} | {f"member {number}: ": member for number, member in enumerate(variant.ensemble, 1)}
    for prefix, recipe in recipes.items():
        for path, text in written(recipe).items():
            section, _, rest = path.partition(".")
            if section != "data" or (rest.partition(".")[0] in DataSettings.model_fields and rest != "source"):
                yield f"{prefix}{path}", text
        yield f"{prefix}model.weights", weights_identity(recipe.model.weights, context.folder)


def _range(parameter: Parameter) -> str:
    if parameter.kind == "categorical":
        return yaml_flow({"choices": list(parameter.choices)})
    bounds = {"low": parameter.low, "high": parameter.high, "log": parameter.log, "step": parameter.step}
    return f"{parameter.kind} {yaml_flow(bounds)}"
