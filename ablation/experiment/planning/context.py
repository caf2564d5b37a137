"""The data, splits and model shapes of an experiment on one machine, each made once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ablation.core.streams import Streams
from ablation.core.task import split_of
from ablation.experiment.config.file import Experiment
from ablation.experiment.planning import platform
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.data import DataSettings
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.prepare import prepare
from ablation.recipe.data.split import Split
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.model.weights import names_a_file
from ablation.recipe.phased import stations
from ablation.recipe.recipe import Recipe

Shapes = Mapping[str, tuple[int, ...]]


@dataclass
class PlanningContext:
    """One experiment on one machine; ``origin`` names its file in errors."""

    experiment: Experiment
    store: ContentStore
    device: torch.device
    origin: str
    _datasets: dict[DataSettings, Dataset] = field(default_factory=dict)
    _splits: dict[DataSettings, dict[int, Split]] = field(default_factory=dict)
    _shapes: dict[tuple[ModelSettings, int, int], Shapes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.experiment.folder
        self.platform = platform.platform_identity(self.device)
        self.processor = platform.processor(self.device)

    def dataset(self, data: DataSettings) -> Dataset:
        """The decoded images."""
        if data not in self._datasets:
            self._datasets[data] = prepare(data, self.folder, self.store.datasets)
        return self._datasets[data]

    def split(self, recipe: Recipe, replicate: int) -> Split:
        """The split of a replicate."""
        return self.splits(recipe)(replicate)

    def splits(self, recipe: Recipe) -> Callable[[int], Split]:
        """A function from replicate to split; faster than ``split`` for many replicates."""
        data, splits = recipe.data, self._splits.setdefault(recipe.data, {})

        def split(replicate: int) -> Split:
            if replicate not in splits:
                streams = Streams(self.experiment.seed, replicate)
                splits[replicate] = split_of(self.dataset(data), recipe, self.experiment.protocol, streams)
            return splits[replicate]

        return split

    def shapes(self, recipe: Recipe) -> Shapes:
        """The shape of each weight of the model, which is built without memory where it starts from no file."""
        settings, classes, side = recipe.model, len(self.split(recipe, 0).classes), recipe.data.image_size
        key = (settings, classes, side)
        if key not in self._shapes:
            if names_a_file(settings.weights):
                model = build_model(settings, classes, side, self.folder)
            else:
                with torch.device("meta"):
                    model = build_model(settings.model_copy(update={"weights": "none"}), classes, side)
            self._shapes[key] = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        return self._shapes[key]

    def fingerprints(self, recipe: Recipe) -> dict[int, str]:
        """The fingerprint of the decoded data at each image size that the recipe uses."""
        return {station.data.image_size: self.dataset(station.data).fingerprint for station in stations(recipe)}

    def positive(self, recipe: Recipe, replicate: int) -> int | None:
        """The index of the positive class of binary metrics, or None."""
        name = recipe.data.positive_class
        return None if name is None else self.split(recipe, replicate).classes.index(name)

    def described(self, recipe: Recipe, replicate: int) -> Mapping[str, Any]:
        """A recipe's data, for reports: name, fingerprint, classes and the counts of a replicate by split."""
        split = self.split(recipe, replicate)
        counts = {
            name: np.bincount(split.labels[getattr(split, name)], minlength=len(split.classes)).tolist()
            for name in ("train", "val", "test", *(("confirm",) if len(split.confirm) else ()))
        }
        return {
            "name": recipe.data.source,
            "fingerprint": self.dataset(recipe.data).fingerprint,
            "classes": list(split.classes),
            "counts": counts,
        }
