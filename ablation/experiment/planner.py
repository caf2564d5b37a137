"""From an experiment to its plan: data decoded, splits drawn, every stage addressed, what cannot work refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ablation.core.metrics import CLASS_ACCURACY
from ablation.errors import UserError, placed
from ablation.experiment import platform
from ablation.experiment.content import address
from ablation.experiment.file import Experiment
from ablation.experiment.graph import Graph
from ablation.experiment.plan import Plan, Run, Variant
from ablation.experiment.purpose import LADDER, REPEAT, Purpose, kept_promises, narrowed
from ablation.experiment.site import Site
from ablation.experiment.store import ContentStore
from ablation.experiment.variants import Ladder, ResolvedVariant, resolve
from ablation.recipe.augment import Frame
from ablation.recipe.balance import balances_twice, class_weights, twice_text
from ablation.recipe.phased import fewest_epochs, ordered, stations
from ablation.recipe.recipe import Recipe


def make_plan(
    experiment: Experiment,
    folder: Path,
    store: ContentStore,
    device: torch.device,
    origin: str = "experiment",
    purpose: Purpose = LADDER,
) -> Plan:
    """The plan of an experiment on a device.

    Args:
        folder: of the experiment file; relative paths and the user's own components start there.
        origin: names the file in errors.
        purpose: which of it runs, under which replicates.

    Raises:
        UserError: the data, a patch or a combination of settings cannot work. Nothing has been trained then.
    """
    ladder = narrowed(resolve(experiment, origin), purpose)
    numbers = purpose.numbers or range(experiment.replicates)
    site = Site(experiment, folder, store, device, origin)
    _check_classes(experiment, site, origin)
    _check_agreement(ladder.variants, origin)
    _check_purpose(experiment, ladder, purpose, origin)
    variants = tuple(_recorded(variant, site) for variant in ladder.variants)
    graph = Graph(site, purpose.split)
    runs = _runs(graph, ladder, numbers, origin)
    return Plan(
        name=experiment.name,
        key=_key(experiment, device, purpose),
        ladder=_parent(experiment, purpose),
        metric=experiment.metric,
        margin=experiment.margin,
        alpha=experiment.alpha,
        protocol=experiment.protocol,
        seed=experiment.seed,
        replicates=len(numbers),
        designs=experiment.designs if purpose.name == "ladder" else ("ladder",),
        looks=experiment.looks if purpose.name == "ladder" else (),
        promises=kept_promises(experiment, purpose),
        target=experiment.target.promise if experiment.target else None,
        asked=ladder.asked,
        overrides=experiment.overrides,
        rungs=ladder.rungs,
        variants=variants,
        requested=ladder.requested,
        ladder_rows=ladder.rows,
        left_out=ladder.left_out,
        corruptions=tuple(corruption.label for corruption in experiment.corruptions),
        runs=runs,
        stages=graph.stages,
        dataset=site.described(experiment.baseline, numbers[0]),
        environment=platform.described(device, folder),
        notices=(*ladder.notices, *_notices(ladder.variants)),
        purpose=purpose.name,
        judged_on=purpose.split,
    )


def _check_classes(experiment: Experiment, site: Site, origin: str) -> None:
    """Promises of single classes name classes that there are."""
    promised = [(f"rung {rung.name}: expect", each.metric) for rung in experiment.rungs for each in rung.expect]
    promised += [("promises", each.metric) for wider in experiment.promises for each in wider.expect]
    promised += [("target", experiment.target.metric)] if experiment.target else []
    named = [(where, metric.removeprefix(CLASS_ACCURACY)) for where, metric in promised if CLASS_ACCURACY in metric]
    if not named:
        return
    classes = site.split(experiment.baseline, 0).classes
    for where, name in named:
        if name not in classes:
            known = ", ".join(map(str, classes))
            raise UserError(f"no class {name!r}", place=f"{origin}: {where}", remedy=f"the classes are: {known}")


def _runs(graph: Graph, ladder: Ladder, numbers: Sequence[int], origin: str) -> tuple[Run, ...]:
    """Every variant under every replicate; one that is there to repeat another under the first alone."""
    found = []
    for replicate in numbers:
        for variant in ladder.variants:
            if replicate == numbers[0] or REPEAT not in variant.designs:
                with placed(f"{origin}: {variant.name}, replicate {replicate + 1}"):
                    found.append(graph.run(variant, replicate))
    return tuple(found)


def _key(experiment: Experiment, device: torch.device, purpose: Purpose) -> str:
    """Names the stored plan."""
    content = {"experiment": experiment.model_dump_json(), "overrides": experiment.overrides, "device": str(device)}
    return address(content | ({} if purpose == LADDER else {"purpose": dataclasses.asdict(purpose)}))


def _parent(experiment: Experiment, purpose: Purpose) -> str:
    """Names the parent run in MLflow."""
    told = ("name", "metric", "margin", "protocol", "seed", "overrides")
    content = {name: getattr(experiment, name) for name in told}
    return address(content | ({} if purpose.name == "ladder" else {"purpose": [purpose.name, purpose.split]}))


def _recorded(variant: ResolvedVariant, site: Site) -> Variant:
    """The variant as plans keep it, once its parts are known to fit together."""
    held = stations(variant.recipe)
    with placed(f"{site.origin}: {variant.name}"):
        for station, epochs in zip(held, fewest_epochs(variant.recipe), strict=True):
            _check(station, epochs, site)
        shapes = [site.shapes(station) for station in held]
        if any(each != shapes[0] for each in shapes):
            raise UserError(
                "a phase changes the model's weights",
                place="phases",
                remedy="a phase may change dropouts and what is trained, not the layers",
            )
    resolved = variant.recipe.model_dump(mode="json")
    key = address(resolved)
    if variant.execution:
        key = address({"variant": key, "execution": variant.execution})
    return Variant(variant.name, variant.rungs, variant.designs, resolved, key, variant.execution)


def _check(recipe: Recipe, epochs: int, site: Site) -> None:
    """Build what can be built without time, so that a misfit is told before anything trains.

    Args:
        epochs: the fewest that the schedule may run over.
    """
    if recipe.train.precision == "fp16" and site.device.type != "cuda":
        raise UserError("fp16 needs a CUDA device", place="train.precision", remedy="use bf16 or fp32 on the CPU")
    if recipe.inference.threshold != "argmax" and recipe.data.positive_class is None:
        raise UserError(
            "a threshold needs a class to decide for", place="inference.threshold", remedy="set data.positive_class"
        )
    split = site.split(recipe, 0)
    counts = np.bincount(split.labels[split.train], minlength=len(split.classes))
    recipe.loss.build(torch.as_tensor(class_weights(recipe.balance, counts), dtype=torch.float32))
    recipe.augment.build(Frame.of(recipe.data.image_size, recipe.data.mean))
    if epochs > 0:
        nothing = torch.optim.SGD([torch.zeros(1, requires_grad=True)], recipe.optimizer.lr, momentum=0.9)
        recipe.schedule.build(nothing, recipe.train.epochs if recipe.schedule.span == "all" else epochs, 2)


_RULES = {
    ("train", "keep"): "keeps another epoch's weights than",
    ("train", "keep_by"): "keeps another epoch's weights than",
    ("data", "confirm_size"): "sets aside other test images than",
}
"""Settings that are rules of the experiment: a rung that changed one would gain by choosing, or be tested elsewhere."""


def _check_agreement(variants: Sequence[ResolvedVariant], origin: str) -> None:
    first = variants[0]
    for variant in variants:
        for (section, name), breach in _RULES.items():
            given, common = (getattr(getattr(each.recipe, section), name) for each in (variant, first))
            if given != common:
                raise UserError(
                    f"{variant.name} {breach} {first.name}",
                    place=f"{origin}: {section}.{name}",
                    remedy="set it in the baseline, for all variants alike",
                )


def _check_purpose(experiment: Experiment, ladder: Ladder, purpose: Purpose, origin: str) -> None:
    if purpose.name == "confirm" and not ladder.rungs:
        raise UserError(
            "the last row has the baseline's recipe, so there is nothing to confirm",
            place=f"{origin}: rungs",
            remedy="keep a rung that changes something",
        )
    if purpose.split == "confirm" and not experiment.baseline.data.confirm_size:
        raise UserError(
            "no test images are set aside for it",
            place=f"{origin}: baseline.data.confirm_size",
            remedy="set it to a share such as 0.5, and run the ladder again",
        )


def _notices(variants: Sequence[ResolvedVariant]) -> tuple[str, ...]:
    """What the user should know of single variants; one line for all that it is true of."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        for text in dict.fromkeys((*_balanced_twice(variant.recipe), *_waiting(variant.recipe))):
            found.setdefault(text, []).append(variant.name)
    return tuple(f"{', '.join(names)}: {text}" for text, names in found.items())


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
