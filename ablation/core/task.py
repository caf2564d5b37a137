"""The core's input for one stage, parsed from JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ablation.core.streams import Streams
from ablation.recipe.data.dataset import Dataset, load_dataset
from ablation.recipe.data.split import Split, SplitProtocol, split
from ablation.recipe.phased import History, recipe_at, stations
from ablation.recipe.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """One variant under one replicate, on one device.

    Args:
        recipe: the variant's settings; for a part of a training, without the phases after that part.
        epochs: of the whole training; a part of it may end earlier.
        protocol: whether the test images are drawn once or for each replicate.
        fingerprints: of the decoded data set, for each image size of the recipe and its phases.
        folder: of the experiment file; relative paths of starting weights are resolved against it.
    """

    recipe: Recipe
    epochs: int
    streams: Streams
    protocol: SplitProtocol
    fingerprints: Mapping[int, str]
    device: torch.device
    folder: Path

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Task:
        """Parse ``Stage.task``."""
        return cls(
            recipe=Recipe.model_validate(raw["recipe"]),
            epochs=raw["epochs"],
            streams=Streams(raw["seed"], raw["replicate"], raw["member"]),
            protocol=raw["protocol"],
            fingerprints={int(size): fingerprint for size, fingerprint in raw["fingerprints"].items()},
            device=torch.device(raw["device"]),
            folder=Path(raw["folder"]),
        )

    def at(self, history: History) -> Task:
        """The task with the recipe of the epoch after ``history``."""
        return dataclasses.replace(self, recipe=recipe_at(self.recipe, history))

    def trained_under(self, history: History) -> Task:
        """The task with the recipe of the last epoch of ``history``: the recipe that its weights fit."""
        return self.at(history[:-1])

    def in_last_phase(self) -> Task:
        """The task with the recipe after every phase has begun and every ramp has ended."""
        return dataclasses.replace(self, recipe=stations(self.recipe)[-1])

    def with_random_weights(self) -> Task:
        """The task without pretrained weights, where they would be overwritten or do not matter."""
        model = self.recipe.model.model_copy(update={"weights": "none"})
        return dataclasses.replace(self, recipe=self.recipe.model_copy(update={"model": model}))

    def data(self, datasets: Path) -> tuple[Dataset, Split]:
        """The images, decoded at the recipe's image size, and this replicate's split."""
        dataset = load_dataset(datasets, self.fingerprints[self.recipe.data.image_size])
        return dataset, split_of(dataset, self.recipe, self.protocol, self.streams)


def split_of(dataset: Dataset, recipe: Recipe, protocol: SplitProtocol, streams: Streams) -> Split:
    """The split of a replicate; the test images are the same for all replicates and members of an experiment."""
    held_out = Streams(streams.seed, replicate=0).generator("test")
    return split(dataset, recipe.data, protocol, held_out, streams.generator("split"), streams.generator("label_noise"))
