"""Identity: the content address of a stage is a hash of everything that decides its result, and of nothing else.

Names, paths, times, workers and tracking are not in it; ``inference`` is not in a training's.
"""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class TrainingConditions:
    """What a stage depends on besides its recipe.

    Args:
        seed, replicate, member: of the random streams.
        fingerprints: of the decoded data at each image size that the recipe uses.
        split: digest of the replicate's split.
        platform: versions of the libraries, device class and CPU capability.
        folder: of the experiment file; modules in it are hashed where a component comes from there.
        execution: 0, or a number under which what was trained before is trained again.
    """

    seed: int
    replicate: int
    member: int
    fingerprints: Mapping[int, str]
    split: str
    platform: Mapping[str, str]
    folder: Path
    execution: int = 0


def train_address(recipe: Recipe, conditions: TrainingConditions, epochs: int, before: str | None = None) -> str:
    """The address of training a recipe: all sections but ``inference``; data count by content, not by settings.

    Args:
        recipe: of a part of a training, with the phases up to its end.
        epochs: of the whole training, which matters to a schedule that spans it.
        before: address of the part that this one goes on from.
    """
    own = replicate_content(conditions.replicate, conditions.member, conditions.split, before)
    return train_template(recipe, conditions, epochs).address(own)


def replicate_content(replicate: int, member: int, split: str, before: str | None) -> dict[str, Any]:
    """What distinguishes the trainings of a recipe under different streams; see ``TrainingConditions``."""
    return {"replicate": replicate, "member": member, "split": split, "before": before}


def train_template(recipe: Recipe, conditions: TrainingConditions, epochs: int) -> AddressTemplate:
    """What the trainings of a recipe have in common: everything but its ``replicate_content``."""
    sections = recipe.model_dump(mode="json", exclude={"data", "inference", "phases"})
    sections["model"]["weights"] = weights_identity(recipe.model.weights, conditions.folder)
    held = stations(recipe)
    used = [getattr(station, name) for station in held for name in sections]
    watched = [metric for _, metric in watched_throughout(recipe)]
    return AddressTemplate(
        {
            "stage": "train",
            "core": CORE_VERSION,
            "recipe": sections,
            "phases": [
                _phase(phase, first) for phase, first in zip(ordered(recipe), first_epochs(recipe), strict=True)
            ],
            "horizon": epochs if recipe.schedule.span == "all" else None,
            "pixels": {"mean": recipe.data.mean, "std": recipe.data.std},
            "sources": sources(used, conditions.folder) | metric_sources(watched, conditions.folder),
            "libraries": libraries(used),
            "seed": conditions.seed,
            "data": [conditions.fingerprints[station.data.image_size] for station in held],
            "platform": dict(conditions.platform),
            **({"execution": conditions.execution} if conditions.execution else {}),
        }
    )


def _phase(phase: Phase, first: Recipe) -> Mapping[str, Any]:
    """A phase by when it begins, what holds in its first epoch, and how that moves on."""
    return {
        **phase.model_dump(mode="json", include={"start", "ramp", "optimizer_state"}),
        "recipe": first.model_dump(mode="json", exclude={"data", "inference", "phases"}),
    }


def predict_address(
    train: str,
    split: str,
    recipe: Recipe,
    positive: int | None,
    folder: Path,
    corruption: CorruptionSettings | None = None,
) -> str:
    """The address of predicting a split, perhaps corrupted, with a finished training and the test-time views."""
    return predict_template(recipe, positive, folder, corruption).address({"train": train, "split": split})


def predict_template(
    recipe: Recipe, positive: int | None, folder: Path, corruption: CorruptionSettings | None = None
) -> AddressTemplate:
    """What predictions by one recipe have in common, whatever training and split they are of."""
    return AddressTemplate(
        {
            "stage": "predict",
            "core": CORE_VERSION,
            "positive": positive,
            "inference": recipe.inference.model_dump(mode="json", include={"tta", "batch_size"}),
            "corruption": corruption.model_dump(mode="json") if corruption else None,
            "sources": sources([recipe.inference, *([corruption] if corruption else [])], folder),
        }
    )


def average_address(members: Sequence[str], positive: int | None) -> str:
    """The address of the mean of several predictions."""
    return address(
        {
            "stage": "average",
            "core": CORE_VERSION,
            "members": list(members),
            "positive": positive,
            "sources": source_hash(averaging.__name__),
        }
    )


def adjust_address(predictions: str, validation: str, recipe: Recipe, positive: int | None) -> str:
    """The address of predictions calibrated, or decided by a threshold, as validation decides."""
    inference = recipe.inference.model_dump(mode="json", include={"calibration", "threshold"})
    return address(
        {
            "stage": "adjust",
            "core": CORE_VERSION,
            "predictions": predictions,
            "validation": validation,
            "positive": positive,
            "sources": [source_hash(module.__name__) for module in (calibration, threshold)],
            **inference,
        }
    )


def latency_address(recipe: Recipe, classes: int, platform: Mapping[str, str], processor: str, folder: Path) -> str:
    """The address of measuring a model's latency with its test-time views on one kind of machine."""
    return address(
        {
            "stage": "latency",
            "core": CORE_VERSION,
            "model": recipe.model.model_dump(mode="json", exclude={"weights", "trainable", "init", "bn_momentum"}),
            "inference": recipe.inference.model_dump(mode="json", include={"tta"}),
            "sources": sources([recipe.model, recipe.inference], folder),
            "libraries": libraries([recipe.model]),
            "image_size": recipe.data.image_size,
            "classes": classes,
            "train": {"threads": recipe.train.threads, "memory_format": recipe.train.memory_format},
            "platform": dict(platform),
            "processor": processor,
        }
    )


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
