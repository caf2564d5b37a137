"""From an experiment to its plan: data decoded, splits drawn, every stage addressed, what cannot work refused."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from ablation.errors import placed
from ablation.experiment.config.file import Experiment
from ablation.experiment.config.ladder import LADDER_DESIGN
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
from ablation.experiment.store.content_store import ContentStore
from ablation.invocation import Invocation
from ablation.recipe.balance import balances_twice, twice_text
from ablation.recipe.phased import ordered, stations
from ablation.recipe.recipe import Recipe

_NAMED = 3
"""Files that a notice names."""


def make_plan(
    experiment: Experiment,
    folder: Path,
    store: ContentStore,
    device: torch.device,
    origin: str = "experiment",
    mode: RunMode = LADDER,
    untuned: bool = False,
    invocation: Invocation | None = None,
) -> Plan:
    """The plan of an experiment on a device.

    Args:
        folder: of the experiment file; relative paths and the user's own components start there.
        origin: names the file in errors.
        mode: which of it runs, under which replicates.
        untuned: whether every variant keeps the file's settings, though studies of each of them found better ones.
        invocation: what was asked for on the command line, for commands that the product prints; None for the file.

    Raises:
        UserError: the data, a patch or a combination of settings cannot work. Nothing has been trained then.
    """
    context = PlanningContext(experiment, folder, store, device, origin)
    tuned = tuned_ladder(experiment, context, untuned)
    invocation = invocation or Invocation(origin, mode.purpose)
    tuned_rung = next((rung.name for rung in experiment.rungs if rung.tuned), None)
    check_settled(tuned.doubt, tuned.remedy, tuned_rung, invocation, origin)
    ladder = narrowed(tuned.ladder, mode)
    check_promised_classes(experiment, context)
    check_agreement(ladder.variants, origin)
    check_run_mode(experiment, ladder, mode, origin)
    return dataclasses.replace(_planned(context, ladder, tuned, mode), asked_by=invocation, remedy=tuned.remedy)


def _planned(context: PlanningContext, ladder: Ladder, tuned: TunedLadder, mode: RunMode) -> Plan:
    experiment, whole = context.experiment, mode.purpose == "ladder"
    numbers = mode.numbers or range(experiment.replicates)
    variants = _recorded(ladder, context)
    graph = StageGraph(context, mode.split)
    runs = _runs(graph, ladder, numbers, context.origin)
    return Plan(
        name=experiment.name,
        key=_key(context, mode, tuned.tuned),
        parent_key=_parent_key(experiment, mode),
        metric=experiment.metric,
        margin=experiment.margin,
        alpha=experiment.alpha,
        protocol=experiment.protocol,
        seed=experiment.seed,
        replicates=len(numbers),
        designs=experiment.designs if whole else (LADDER_DESIGN,),
        looks=experiment.looks if whole else (),
        promises=kept_promises(experiment, mode),
        target=experiment.target.promise if experiment.target else None,
        design_points=ladder.design_points,
        overrides=experiment.overrides,
        rungs=ladder.rungs,
        variants=variants,
        ladder_rows=ladder.rows,
        left_out=ladder.left_out,
        corruptions=tuple(corruption.label for corruption in experiment.corruptions),
        runs=runs,
        stages=graph.stages,
        dataset=context.described(experiment.baseline, numbers[0]),
        environment=platform.environment_description(context.device, context.folder),
        notices=(*ladder.notices, *_notices(ladder.variants), *_left_out(context)),
        purpose=mode.purpose,
        judged_on=mode.split,
        tuned=tuned.tuned,
        unplanned=tuned.unplanned,
        declared_rungs=_declared_rungs(experiment, ladder) if whole else (),
        basis=address_basis((each.recipe for each in ladder.variants), context.platform, context.folder),
    )


def _declared_rungs(experiment: Experiment, ladder: Ladder) -> tuple[str, ...]:
    """The rungs in the file's order, the tuned one among them before it was tuned too."""
    used = [rung.name for rung in ladder.rungs]
    return tuple(rung.name for rung in experiment.rungs if rung.tuned or rung.name in used)


def _runs(graph: StageGraph, ladder: Ladder, numbers: Sequence[int], origin: str) -> tuple[Run, ...]:
    """Every variant under every replicate; one that is there to repeat another under the first alone."""
    found, stages = [], [(variant, graph.of(variant)) for variant in ladder.variants]
    for replicate in numbers:
        for variant, own in stages:
            if replicate == numbers[0] or REPEAT not in variant.designs:
                with placed(f"{origin}: {variant.name}, replicate {replicate + 1}"):
                    found.append(own.run(replicate))
    return tuple(found)


def _key(context: PlanningContext, mode: RunMode, tuned: Sequence[Tuned]) -> str:
    """Names the stored plan."""
    experiment = context.experiment
    content = {
        "experiment": experiment.model_dump_json(),
        "overrides": experiment.overrides,
        "device": str(context.device),
    }
    narrower = {} if mode == LADDER else {"purpose": _mode_content(mode)}
    found = {"tuned": [[each.definition, each.each, dict(each.values)] for each in tuned]} if tuned else {}
    return address(content | narrower | found)


def _mode_content(mode: RunMode) -> dict[str, Any]:
    """The mode as it enters the key of a plan."""
    return {"name": mode.purpose, "numbers": mode.numbers, "split": mode.split, "repeats": mode.repeats}


def _parent_key(experiment: Experiment, mode: RunMode) -> str:
    """Names the parent run in MLflow."""
    names = ("name", "metric", "margin", "protocol", "seed", "overrides")
    content = {name: getattr(experiment, name) for name in names}
    return address(content | ({} if mode.purpose == "ladder" else {"purpose": [mode.purpose, mode.split]}))


def _recorded(ladder: Ladder, context: PlanningContext) -> tuple[Variant, ...]:
    """The variants as plans keep them, after checking that the parts of each fit together."""
    by_key: dict[str, Variant] = {}
    for variant in ladder.variants:
        with placed(f"{context.origin}: {variant.name}"):
            check_fit(variant.recipe, context)
        key = _variant_key(variant)
        if key in by_key:  # tuning may bring two variants to one recipe
            key = address({"variant": key, "name": variant.name})
        resolved = variant.recipe.model_dump(mode="json")
        by_key[key] = Variant(
            variant.name, variant.rungs, variant.designs, resolved, key, variant.execution, variant.trials
        )
    return tuple(by_key.values())


def _variant_key(variant: ResolvedVariant) -> str:
    key = address(variant.recipe.model_dump(mode="json"))
    return address({"variant": key, "execution": variant.execution}) if variant.execution else key


def _notices(variants: Sequence[ResolvedVariant]) -> tuple[str, ...]:
    """Notices about single variants; one line for all variants with the same notice."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        for text in dict.fromkeys((*_balanced_twice(variant.recipe), *_waiting(variant.recipe))):
            found.setdefault(text, []).append(variant.name)
    return tuple(f"{', '.join(names)}: {text}" for text, names in found.items())


def _left_out(context: PlanningContext) -> Iterator[str]:
    """Files among the baseline's data that are no images."""
    skipped = context.dataset(context.experiment.baseline.data).skipped
    if skipped:
        count = "1 file is no image" if len(skipped) == 1 else f"{len(skipped)} files are no images"
        yield f"data: {count} and left out: {', '.join(skipped[:_NAMED])}{', ...' if len(skipped) > _NAMED else ''}"


def _balanced_twice(recipe: Recipe) -> Iterator[str]:
    return (twice_text(station.balance) for station in stations(recipe) if balances_twice(station.balance))


def _waiting(recipe: Recipe) -> Iterator[str]:
    """Phases at a known epoch that come after one that waits for a condition."""
    conditional = [
        name for name, phase in zip(recipe.phase_names, ordered(recipe), strict=True) if phase.start.is_conditional
    ]
    for name in recipe.phase_names:
        earlier = [each for each in conditional if recipe.phase_names.index(each) < recipe.phase_names.index(name)]
        if name not in conditional and earlier:
            yield f"phase {name} waits for phase {earlier[-1]}, which begins on a condition"
