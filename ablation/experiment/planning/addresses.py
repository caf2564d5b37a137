"""Content addresses: a stage's address is a hash of everything that decides its result, and of nothing else.

Names, paths, times, workers and tracking are not in it; ``inference`` is not in a training's.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ablation.experiment.planning.hashing import AddressTemplate, address
from ablation.experiment.planning.source_hashes import libraries, metric_sources, source_hash, sources
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.inference import averaging, calibration, threshold
from ablation.recipe.model.weights import names_a_file
from ablation.recipe.phased import first_epochs, ordered, stations
from ablation.recipe.phases import Phase
from ablation.recipe.recipe import Recipe
from ablation.recipe.steering import watched_throughout

CORE_VERSION = 4
"""Raised by hand when the core comes to give other numbers for the same recipe."""

_NOT_TRAINED = {"data", "inference", "phases"}
"""Sections of a recipe whose settings a training's address does not hold as they are: data count by content."""


def train_template(
    recipe: Recipe,
    epochs: int,
    seed: int,
    fingerprints: Mapping[int, str],
    platform: Mapping[str, str],
    folder: Path,
    execution: int = 0,
) -> AddressTemplate:
    """What the addresses of a recipe's trainings have in common under all replicates and members.

    Args:
        recipe: of a part of a training, with the phases up to its end.
        epochs: of the whole training, which matters to a schedule that spans it.
        seed: of the random streams.
        fingerprints: of the decoded data at each image size that the recipe uses.
        platform: versions of the libraries, device class and CPU capability.
        folder: of the experiment file; modules in it are hashed where a component comes from there.
        execution: 0, or a number under which what was trained before is trained again.
    """
    sections = recipe.model_dump(mode="json", exclude=_NOT_TRAINED)
    sections["model"]["weights"] = weights_identity(recipe.model.weights, folder)
    components = _components([recipe])
    watched = [metric for _, metric in watched_throughout(recipe)]
    phases = zip(ordered(recipe), first_epochs(recipe), strict=True)
    content = _content(
        "train",
        recipe=sections,
        phases=[_phase(phase, first) for phase, first in phases],
        horizon=epochs if recipe.schedule.span == "all" else None,
        pixels={"mean": recipe.data.mean, "std": recipe.data.std},
        sources=sources(components, folder) | metric_sources(watched, folder),
        libraries=libraries(components),
        seed=seed,
        data=[fingerprints[station.data.image_size] for station in stations(recipe)],
        platform=dict(platform),
    )
    return AddressTemplate(content | ({"execution": execution} if execution else {}))


def _content(stage: str, **content: Any) -> dict[str, Any]:
    return {"stage": stage, "core": CORE_VERSION, **content}


def _phase(phase: Phase, first: Recipe) -> Mapping[str, Any]:
    """A phase by when it begins, the recipe of its first epoch, and how its ramps move on."""
    own = phase.model_dump(mode="json", include={"start", "ramp", "optimizer_state"})
    return own | {"recipe": first.model_dump(mode="json", exclude=_NOT_TRAINED)}


def _components(recipes: Iterable[Recipe]) -> list[BaseModel]:
    """The settings whose code decides a training, in all phases."""
    sections = [name for name in Recipe.model_fields if name not in _NOT_TRAINED]
    return [getattr(station, name) for recipe in recipes for station in stations(recipe) for name in sections]


def address_basis(
    recipes: Iterable[Recipe], platform: Mapping[str, str], folder: Path
) -> Mapping[str, Mapping[str, str]]:
    """``Plan.basis`` of a plan that trains these recipes; arguments as in ``train_template``."""
    components = _components(recipes)
    return {
        "core": {"version": str(CORE_VERSION)},
        "versions": dict(platform) | libraries(components),
        "code": sources(components, folder),
    }


def predict_template(
    recipe: Recipe, positive: int | None, folder: Path, corruption: CorruptionSettings | None = None
) -> AddressTemplate:
    """What the addresses of predictions by one recipe have in common, whatever training and split they are of."""
    inference = recipe.inference.model_dump(mode="json", include={"tta", "batch_size"})
    corrupted = corruption.model_dump(mode="json") if corruption else None
    code = sources([recipe.inference, *([corruption] if corruption else [])], folder)
    own = {"positive": positive, "inference": inference, "corruption": corrupted, "sources": code}
    return AddressTemplate(_content("predict", **own))


def average_address(members: Sequence[str], positive: int | None) -> str:
    """The address of the mean of several predictions."""
    code = source_hash(averaging.__name__)
    return address(_content("average", members=list(members), positive=positive, sources=code))


def adjust_address(predictions: str, validation: str, recipe: Recipe, positive: int | None) -> str:
    """The address of predictions calibrated, or decided by a threshold, as those of the val images decide."""
    inference = recipe.inference.model_dump(mode="json", include={"calibration", "threshold"})
    code = [source_hash(module.__name__) for module in (calibration, threshold)]
    own = {"predictions": predictions, "validation": validation, "positive": positive, "sources": code}
    return address(_content("adjust", **own, **inference))


def latency_address(recipe: Recipe, classes: int, platform: Mapping[str, str], processor: str, folder: Path) -> str:
    """The address of measuring a model's latency with its test-time views on one kind of machine."""
    content = _content(
        "latency",
        model=recipe.model.model_dump(mode="json", exclude={"weights", "trainable", "init", "bn_momentum"}),
        inference=recipe.inference.model_dump(mode="json", include={"tta"}),
        sources=sources([recipe.model, recipe.inference], folder),
        libraries=libraries([recipe.model]),
        image_size=recipe.data.image_size,
        classes=classes,
        train={"threads": recipe.train.threads, "memory_format": recipe.train.memory_format},
        platform=dict(platform),
        processor=processor,
    )
    return address(content)


def weights_identity(weights: str, folder: Path) -> str:
    """Starting weights by name, or a local file by its content."""
    path = folder / weights
    if not (names_a_file(weights) and path.is_file()):
        return weights
    return f"file:{_digest(path, path.stat().st_mtime_ns)}"


@functools.cache
def _digest(path: Path, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
