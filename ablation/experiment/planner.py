"""From an experiment to its plan: data decoded, splits drawn, every stage addressed, what cannot work refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ablation.errors import UserError, placed
from ablation.experiment import platform
from ablation.experiment.content import address
from ablation.experiment.file import Experiment
from ablation.experiment.graph import Graph
from ablation.experiment.plan import Plan, Variant
from ablation.experiment.site import Site
from ablation.experiment.store import ContentStore
from ablation.experiment.variants import ResolvedVariant, resolve
from ablation.recipe.augment import Frame
from ablation.recipe.balance import balances_twice, class_weights, twice_text
from ablation.recipe.model import build_model
from ablation.recipe.model.weights import names_a_file
from ablation.recipe.phased import fewest_epochs, ordered, stations
from ablation.recipe.recipe import Recipe


def make_plan(
    experiment: Experiment, folder: Path, store: ContentStore, device: torch.device, origin: str = "experiment"
) -> Plan:
    """The plan of an experiment on a device.

    Args:
        folder: of the experiment file; relative paths and the user's own components start there.
        origin: names the file in errors.

    Raises:
        UserError: the data, a patch or a combination of settings cannot work. Nothing has been trained then.
    """
    ladder = resolve(experiment, origin)
    site = Site(experiment, folder, store, device, origin)
    _check_agreement(ladder.variants, origin)
    variants = tuple(_recorded(variant, site) for variant in ladder.variants)
    graph = Graph(site)
    runs = []
    for replicate in range(experiment.replicates):
        for variant in ladder.variants:
            with placed(f"{origin}: {variant.name}, replicate {replicate + 1}"):
                runs.append(graph.run(variant, replicate))
    protocol = {
        name: getattr(experiment, name) for name in ("name", "metric", "margin", "protocol", "seed", "overrides")
    }
    text = experiment.model_dump_json()
    return Plan(
        name=experiment.name,
        key=address({"experiment": text, "overrides": experiment.overrides, "device": str(device)}),
        ladder=address(protocol),
        metric=experiment.metric,
        margin=experiment.margin,
        protocol=experiment.protocol,
        seed=experiment.seed,
        replicates=experiment.replicates,
        overrides=experiment.overrides,
        rungs=ladder.rungs,
        variants=variants,
        requested=ladder.requested,
        ladder_rows=ladder.rows,
        left_out=ladder.left_out,
        corruptions=tuple(corruption.label for corruption in experiment.corruptions),
        runs=tuple(runs),
        stages=graph.stages,
        dataset=site.described(experiment.baseline),
        environment=platform.described(device, folder),
        notices=(*ladder.notices, *_notices(ladder.variants)),
    )


def _recorded(variant: ResolvedVariant, site: Site) -> Variant:
    """The variant as plans keep it, once its parts are known to fit together."""
    held = stations(variant.recipe)
    with placed(f"{site.origin}: {variant.name}"):
        for station, epochs in zip(held, fewest_epochs(variant.recipe), strict=True):
            _check(station, epochs, site)
        shapes = [_shapes(station, site) for station in held]
        if any(each != shapes[0] for each in shapes):
            raise UserError(
                "a phase changes the model's weights",
                place="phases",
                remedy="a phase may change dropouts and what is trained, not the layers",
            )
    resolved = variant.recipe.model_dump(mode="json")
    return Variant(variant.name, variant.rungs, variant.designs, resolved, address(resolved))


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


def _shapes(recipe: Recipe, site: Site) -> dict[str, tuple[int, ...]]:
    """The shape of each weight of the model, which is built without memory where it starts from no file."""
    classes, side = len(site.split(recipe, 0).classes), recipe.data.image_size
    if names_a_file(recipe.model.weights):
        model = build_model(recipe.model, classes, side, site.folder)
    else:
        with torch.device("meta"):
            model = build_model(recipe.model.model_copy(update={"weights": "none"}), classes, side)
    return {name: tuple(weight.shape) for name, weight in model.state_dict().items()}


def _check_agreement(variants: Sequence[ResolvedVariant], origin: str) -> None:
    """Which epoch's weights are kept is a rule of the experiment: a rung that changed it would gain by choosing."""
    first = variants[0].recipe.train
    for variant in variants:
        for name in ("keep", "keep_by"):
            if getattr(variant.recipe.train, name) != getattr(first, name):
                raise UserError(
                    f"{variant.name} keeps another epoch's weights than {variants[0].name}",
                    place=f"{origin}: train.{name}",
                    remedy="set it in the baseline, for all variants alike",
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
