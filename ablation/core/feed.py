"""Training batches: gathered, augmented image by image, normalised and mixed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ablation.core.batches import Ids
from ablation.core.streams import Streams, drawing, reseed
from ablation.core.task import Task
from ablation.recipe.augment import Frame
from ablation.recipe.augment.none import NoAugment
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.split import Split
from ablation.recipe.inference import Normalise

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Feed:
    """Makes the batches of one training.

    Args:
        images: of the whole data set, (images, side, side, 3) uint8.
        labels: of the whole data set, (images,) int64.
        classes: number of classes.
        augment: a random change of one image, (3, side, side) uint8 to the same; None where there is none.
        mix: a random mixture of a batch of images and targets.
        normalise: uint8 images to the model's numbers.
    """

    task: Task
    images: NDArray[np.uint8]
    labels: Ids
    classes: int
    augment: Callable[[Tensor], Tensor] | None
    mix: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    normalise: Normalise

    @classmethod
    def of(cls, task: Task, dataset: Dataset, division: Split) -> Feed:
        recipe, classes = task.recipe, len(division.classes)
        frame = Frame.of(recipe.data.image_size, recipe.data.mean)
        augment = None if isinstance(recipe.augment, NoAugment) else recipe.augment.build(frame)
        normalise = Normalise(recipe.data.mean, recipe.data.std).to(task.device)
        return cls(task, dataset.images, division.labels, classes, augment, recipe.mix.build(classes), normalise)

    def batch(self, ids: Ids, epoch: int, step: int, part: int) -> tuple[Tensor, Tensor]:
        """Images (batch, 3, side, side) float and target distributions (batch, classes), on the device."""
        device = self.task.device
        images = self.augmented(ids, epoch)
        layout = (
            torch.channels_last if self.task.recipe.train.memory_format == "channels_last" else torch.contiguous_format
        )
        normal = self.normalise(images.to(device)).contiguous(memory_format=layout)
        with drawing(self.task.streams.number("mix", epoch, step, part), _CPU):
            return self.mix(normal, self.target(ids))

    def target(self, ids: Ids) -> Tensor:
        """Target distributions (batch, classes) of examples that are not mixed, on the device."""
        return F.one_hot(torch.from_numpy(self.labels[ids]), self.classes).float().to(self.task.device)

    def augmented(self, ids: Ids, epoch: int) -> Tensor:
        """Images (batch, 3, side, side) uint8 as they are seen in an epoch, before they are normalised and mixed."""
        images = torch.from_numpy(self.images[ids]).permute(0, 3, 1, 2)
        if self.augment is None:
            return images
        changed = []
        seeds = _seeds(self.task.streams, epoch, len(self.labels))[ids]
        with drawing(0, _CPU):
            for image, seed in zip(images.contiguous(), seeds.tolist(), strict=True):
                reseed(seed)
                changed.append(self.augment(image))
        return torch.stack(changed)


@functools.lru_cache(maxsize=1)
def _seeds(streams: Streams, epoch: int, examples: int) -> Ids:
    return streams.per_example("augment", epoch, examples)
