"""Identity: the content address of a stage is a hash of everything that decides its result, and of nothing else.

Names, paths, times, workers and tracking are not in it; ``inference`` is not in a training's.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ablation.experiment.planning.hashing import AddressTemplate, address
from ablation.import_path import is_import_path
from ablation.metrics.own import own_metric
from ablation.recipe.component import Component
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
            "sources": _source_hash(averaging.__name__),
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
            "sources": [_source_hash(module.__name__) for module in (calibration, threshold)],
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


def sources(used: Sequence[BaseModel], folder: Path) -> dict[str, str]:
    """The hash of the code of each settings class in use, by its import path; comments and docstrings do not count.

    A component from the experiment's folder is hashed with the modules that it imports from there.
    """
    return _hashes({type(each).__module__ for settings in used for each in _tree(settings)}, folder)


def metric_sources(metrics: Iterable[str], folder: Path) -> dict[str, str]:
    """The hash of the code of the user's own metrics among those named, and of what they import from ``folder``.

    Raises:
        UserError: one cannot be imported, or is no metric.
    """
    own = sorted({name for name in metrics if is_import_path(name)})
    for name in own:
        own_metric(name)
    return _hashes({name.partition(":")[0] for name in own}, folder)


def _hashes(modules: Iterable[str], folder: Path) -> dict[str, str]:
    names = {name for module in modules for name in _reached(module, folder)}
    return {name: _source_hash(name) for name in sorted(names)}


def libraries(used: Sequence[BaseModel]) -> dict[str, str]:
    """The versions of the libraries, beside torch's, that the components in use draw their numbers from."""
    components = (each for settings in used for each in _tree(settings) if isinstance(each, Component))
    return {name: version(name) for name in sorted({name for each in components for name in each.libraries})}


def _tree(settings: BaseModel) -> Iterator[BaseModel]:
    yield settings
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for each in value if isinstance(value, tuple | list) else (value,):
            if isinstance(each, BaseModel):
                yield from _tree(each)


@functools.cache
def _reached(module: str, folder: Path) -> frozenset[str]:
    return _with_imports(module, folder)


def _with_imports(module: str, folder: Path, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The module and what it imports from its own section or from ``folder``, packages around it included."""
    found = seen | {module}
    for name in _imports(module):
        if name not in found and (_same_section(name, module) or _lies_in(name, folder)):
            found |= _with_imports(name, folder, found)
    return found


def _same_section(name: str, module: str) -> bool:
    """Whether both are modules of one section of the recipe, such as ``ablation.recipe.loss``."""
    section = module.split(".")[:3]
    return section[:2] == ["ablation", "recipe"] and name.split(".")[:3] == section and _is_module(name)


def _is_module(name: str) -> bool:
    """Whether a dotted name is a module, not something in one."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _lies_in(module: str, folder: Path) -> bool:
    if module.partition(".")[0] == "ablation":  # whose own code counts in one way, wherever the experiment lies
        return False
    stem = folder.joinpath(*module.split("."))
    return stem.with_suffix(".py").is_file() or (stem / "__init__.py").is_file()


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    """Every dotted name that a module may import, and the packages that it and they lie in."""
    package = importlib.import_module(module).__package__
    names = [module]
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names += [f"{origin}.{alias.name}" for alias in node.names]
    return tuple(dict.fromkeys(outer for name in names for outer in _with_packages(name)))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))


@functools.cache
def _source_hash(module: str) -> str:
    tree = _parsed(module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [line for line in node.body if not _is_text(line)] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)


def _parsed(module: str) -> ast.Module:
    file = importlib.import_module(module).__file__
    return ast.parse(Path(file).read_text(encoding="utf-8")) if file else ast.Module([], [])
