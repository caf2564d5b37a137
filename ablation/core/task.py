"""What a core is told about one stage, read back from JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ablation.core.streams import Streams, held_out_generator
from ablation.recipe.data.dataset import Dataset, load_dataset
from ablation.recipe.data.split import Split, SplitProtocol, split
from ablation.recipe.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """One variant under one replicate, on one device.

    Args:
        recipe: the variant's settings.
        streams: the replicate's randomness.
        protocol: whether the test images are set aside once or redrawn.
        fingerprint: of the decoded data set.
        device: where to compute.
        folder: of the experiment file; a relative path of starting weights begins there.
    """

    recipe: Recipe
    streams: Streams
    protocol: SplitProtocol
    fingerprint: str
    device: torch.device
    folder: Path

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Task:
        return cls(
            recipe=Recipe.model_validate(raw["recipe"]),
            streams=Streams(raw["seed"], raw["replicate"]),
            protocol=raw["protocol"],
            fingerprint=raw["fingerprint"],
            device=torch.device(raw["device"]),
            folder=Path(raw["folder"]),
        )

    def with_random_weights(self) -> Task:
        """The same task without pretrained weights, for where they would be loaded in vain."""
        model = self.recipe.model.model_copy(update={"weights": "none"})
        return dataclasses.replace(self, recipe=self.recipe.model_copy(update={"model": model}))

    def data(self, datasets: Path) -> tuple[Dataset, Split]:
        """The decoded images and this replicate's split of them."""
        dataset = load_dataset(datasets, self.fingerprint)
        return dataset, split_of(dataset, self.recipe, self.protocol, self.streams)


def split_of(dataset: Dataset, recipe: Recipe, protocol: SplitProtocol, streams: Streams) -> Split:
    """The split of a replicate: the same wherever it is asked for."""
    return split(dataset, recipe.data, protocol, held_out_generator(streams.seed), streams.generator("split"))
