"""Training batches: the examples of an epoch cut into steps, then gathered, augmented, normalised and mixed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ablation.core.input.augmentation import Augmenter, BatchAugmenter, ImageAugmenter, augment_images
from ablation.core.input.pixels import Pixels, to_device
from ablation.core.input.prefetch import Prefetcher
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import WorkTimer
from ablation.recipe.augment import Frame, PerBatch
from ablation.recipe.data.pool import Ids
from ablation.recipe.data.split import Split
from ablation.recipe.inference import Normalise
from ablation.recipe.mix import Mix


@dataclass(frozen=True, eq=False)
class BatchLoader:
    """Makes the batches of one training.

    Args:
        targets: one-hot labels of the whole data set, (images, classes) float, on the device; zeros for an image whose
            class is not used.
        normalise: from uint8 images to the model's input.
        mix: mixes the images and targets of a batch; None without mixing.
    """

    task: Task
    augmenter: Augmenter
    targets: Tensor
    normalise: Normalise
    mix: Mix | None
    timer: WorkTimer

    @classmethod
    def of(cls, task: Task, pixels: Pixels, split: Split, timer: WorkTimer, helpers: int = 0) -> BatchLoader:
        """The loader of a task, with at most ``helpers`` processes that augment image by image while a GPU trains."""
        recipe, classes = task.recipe, len(split.classes)
        labels = torch.from_numpy(split.labels)
        return cls(
            task=task,
            augmenter=_augmenter(task, pixels, len(split.labels), timer, helpers),
            targets=(labels[:, None] == torch.arange(classes)).float().to(task.device),
            normalise=Normalise(recipe.data.mean, recipe.data.std).to(task.device),
            mix=None if recipe.mix.changes_nothing else recipe.mix.build(classes),
            timer=timer,
        )

    def batch(self, ids: Ids, epoch: int, step: int, part: int) -> tuple[Tensor, Tensor]:
        """Images (batch, 3, side, side) float and target distributions (batch, classes), on the device."""
        channels_last = self.task.recipe.train.memory_format == "channels_last"
        layout = torch.channels_last if channels_last else torch.contiguous_format
        images = self.augmenter.batch(ids, epoch).contiguous(memory_format=layout)  # bytes: a quarter of the floats
        inputs, targets = self.normalise(images), self.target(ids)
        if self.mix is not None:
            with drawing(self.task.streams.number("mix", epoch, step, part), torch.device("cpu")):
                inputs, targets = self.mix(inputs, targets)
        self.timer.mark("data")
        return inputs, targets

    def target(self, ids: Ids) -> Tensor:
        """Target distributions (batch, classes) without mixing, on the device."""
        return self.targets[to_device(torch.from_numpy(ids), self.task.device)]


def _augmenter(task: Task, pixels: Pixels, examples: int, timer: WorkTimer, helpers: int) -> Augmenter:
    settings, data = task.recipe.augment, task.recipe.data
    if settings.changes_nothing:
        return Augmenter(pixels, timer)
    change = settings.build(Frame.of(data.image_size, data.mean))
    if isinstance(change, PerBatch):
        return BatchAugmenter(pixels, timer, change, task.streams, examples)
    make = functools.partial(augment_images, pixels, change, task.streams, examples)
    return ImageAugmenter(pixels, timer, Prefetcher(make, helpers if task.device.type == "cuda" else 0, task.device))


def cut_into_steps(order: Ids, batch_size: int, accumulate: int) -> list[list[Ids]]:
    """The optimizer steps of one epoch, each a list of batches.

    A step takes ``batch_size * accumulate`` examples. A final step or batch of one example joins the one before it,
    since BatchNorm cannot take the variance of one.
    """
    return [_cut(step, batch_size) for step in _cut(order, batch_size * accumulate)]


def _cut(order: Ids, size: int) -> list[Ids]:
    edges = list(range(size, len(order), size))
    if edges and len(order) - edges[-1] == 1:
        edges.pop()
    return np.split(order, edges)
