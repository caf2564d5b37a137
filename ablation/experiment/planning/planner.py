"""From an experiment to its plan: decodes data, draws splits, addresses every stage, and refuses what cannot work."""

from collections.abc import Iterator, Sequence
from typing import Any

from ablation.errors import placed
from ablation.experiment.config.design import LADDER_DESIGN
from ablation.experiment.config.file import Experiment
from ablation.experiment.planning import platform
from ablation.experiment.planning.addresses import address_basis
from ablation.experiment.planning.checks import (
    check_agreement,
    check_fit,
    check_promised_classes,
    check_run_mode,
    check_settled,
)
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan, Run, Variant
from ablation.experiment.planning.run_mode import LADDER, REPEAT, RunMode, kept_promises, narrowed
from ablation.experiment.planning.stage_graph import StageGraph
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.planning.tuned_ladder import TunedLadder, tuned_ladder
from ablation.experiment.planning.variants import Ladder, ResolvedVariant
from ablation.invocation import Invocation
from ablation.recipe.balance import balances_twice, twice_text
from ablation.recipe.phased import stations
from ablation.recipe.recipe import Recipe

_COPIED = ("name", "metric", "margin", "alpha", "protocol", "seed", "overrides")
"""Fields that a plan has from its experiment."""
_NAMED = 3
"""Files that a notice names."""


def make_plan(
    context: PlanningContext, mode: RunMode = LADDER, untuned: bool = False, invocation: Invocation | None = None
) -> Plan:
    """The plan of an experiment on a device.

    Args:
        mode: which rows run, under which replicates.
        untuned: whether every variant keeps the file's settings, though studies of each variant found better ones.
        invocation: what the commands that are printed are made from; None for the file alone.

    Raises:
        UserError: the data, a patch or a combination of settings cannot work. Nothing has been trained then.
    """
    experiment, origin = context.experiment, context.origin
    tuned = tuned_ladder(context, untuned)
    invocation = invocation or Invocation(origin, mode.purpose)
    tuned_rung = next((rung.name for rung in experiment.rungs if rung.tuned), None)
    check_settled(tuned.doubt, tuned.remedy, tuned_rung, invocation, origin)
    ladder = narrowed(tuned.ladder, mode)
    check_promised_classes(context)
    check_agreement(ladder.variants, origin)
    check_run_mode(experiment, ladder, mode, origin)
    return _planned(context, ladder, tuned, mode, invocation)


def _planned(
    context: PlanningContext, ladder: Ladder, tuned: TunedLadder, mode: RunMode, invocation: Invocation
) -> Plan:
    experiment, whole = context.experiment, mode.purpose == "ladder"
    numbers = mode.numbers or range(experiment.replicates)
    variants = _recorded(ladder, context)
    graph = StageGraph(context, mode.split)
    runs = _runs(graph, ladder, numbers)
    used = [rung.name for rung in ladder.rungs]
    declared = tuple(rung.name for rung in experiment.rungs if rung.tuned or rung.name in used) if whole else ()
    return Plan(
        **{name: getattr(experiment, name) for name in _COPIED},
        key=_key(context, mode, tuned.tuned),
        parent_key=_parent_key(experiment, mode),
        replicates=len(numbers),
        designs=experiment.designs if whole else (LADDER_DESIGN,),
        looks=experiment.looks if whole else (),
        promises=kept_promises(experiment, mode),
        target=experiment.target.promise if experiment.target else None,
        design_points=ladder.design_points,
        rungs=ladder.rungs,
        variants=variants,
        ladder_rows=ladder.rows,
        left_out=ladder.left_out,
        corruptions=tuple(corruption.label for corruption in experiment.corruptions),
        runs=runs,
        stages=graph.stages,
        dataset=context.described(experiment.baseline, numbers[0]),
        environment=platform.environment_description(context.device, context.folder),
        notices=(*ladder.notices, *_notices(ladder.variants), *_skipped_files(context)),
        purpose=mode.purpose,
        judged_on=mode.split,
        tuned=tuned.tuned,
        unplanned=tuned.unplanned,
        declared_rungs=declared,
        basis=address_basis((variant.recipe for variant in ladder.variants), context.platform, context.folder),
        asked_by=invocation,
        remedy=tuned.remedy,
    )


def _runs(graph: StageGraph, ladder: Ladder, numbers: Sequence[int]) -> tuple[Run, ...]:
    """Every variant under every replicate; one that repeats another under the first replicate alone."""
    runs, stages = [], [(variant, graph.of(variant)) for variant in ladder.variants]
    for replicate in numbers:
        for variant, own in stages:
            if replicate == numbers[0] or REPEAT not in variant.designs:
                with placed(f"{graph.context.origin}: {variant.name}, replicate {replicate + 1}"):
                    runs.append(own.run(replicate))
    return tuple(runs)


def _key(context: PlanningContext, mode: RunMode, tuned: Sequence[Tuned]) -> str:
    """Names the stored plan."""
    experiment = context.experiment
    content: dict[str, Any] = {"experiment": experiment.model_dump_json(), "overrides": experiment.overrides}
    content["device"] = str(context.device)
    if mode != LADDER:
        own = {"numbers": mode.numbers, "split": mode.split, "repeats": mode.repeats}
        content["purpose"] = {"name": mode.purpose, **own}
    if tuned:
        content["tuned"] = [[best.definition, best.each, dict(best.values)] for best in tuned]
    return address(content)


def _parent_key(experiment: Experiment, mode: RunMode) -> str:
    """Names the parent run in MLflow."""
    names = ("name", "metric", "margin", "protocol", "seed", "overrides")
    content = {name: getattr(experiment, name) for name in names}
    return address(content | ({} if mode.purpose == "ladder" else {"purpose": [mode.purpose, mode.split]}))


def _recorded(ladder: Ladder, context: PlanningContext) -> tuple[Variant, ...]:
    """The variants as plans keep them, after a check that the parts of each recipe fit together."""
    by_key: dict[str, Variant] = {}
    for variant in ladder.variants:
        with placed(f"{context.origin}: {variant.name}"):
            check_fit(variant.recipe, context)
        name, execution, recipe = variant.name, variant.execution, variant.recipe.model_dump(mode="json")
        key = address(recipe)
        if execution:
            key = address({"variant": key, "execution": execution})
        if key in by_key:  # tuning may give two variants one recipe
            key = address({"variant": key, "name": name})
        by_key[key] = Variant(name, variant.rungs, variant.designs, recipe, key, execution, variant.trials)
    return tuple(by_key.values())


def _notices(variants: Sequence[ResolvedVariant]) -> tuple[str, ...]:
    """Notices about single variants; one line for all variants with the same notice."""
    names: dict[str, list[str]] = {}
    for variant in variants:
        balances = (station.balance for station in stations(variant.recipe))
        twice = (twice_text(balance) for balance in balances if balances_twice(balance))
        for text in dict.fromkeys((*twice, *_late_phases(variant.recipe))):
            names.setdefault(text, []).append(variant.name)
    return tuple(f"{', '.join(those)}: {text}" for text, those in names.items())


def _late_phases(recipe: Recipe) -> Iterator[str]:
    """Phases at a fixed epoch after a phase that begins on a condition."""
    conditional = ""
    for name in recipe.phase_names:
        if recipe.phases[name].start.is_conditional:
            conditional = name
        elif conditional:
            yield f"phase {name} waits for phase {conditional}, which begins on a condition"


def _skipped_files(context: PlanningContext) -> Iterator[str]:
    """Files among the baseline's data that are no images."""
    skipped = context.dataset(context.experiment.baseline.data).skipped
    if skipped:
        count = "1 file is no image" if len(skipped) == 1 else f"{len(skipped)} files are no images"
        yield f"data: {count} and left out: {', '.join(skipped[:_NAMED])}{', ...' if len(skipped) > _NAMED else ''}"
