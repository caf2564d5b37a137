"""Training batches: gathered, augmented, normalised and mixed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ablation.core.input.augmentation import AsTheyAre, Augmented, ByTheBatch, OneByOne, one_by_one
from ablation.core.input.batches import Ids
from ablation.core.input.pixels import Pixels, sent
from ablation.core.input.prefetch import Ahead
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import Clock
from ablation.recipe.augment import Frame, PerBatch
from ablation.recipe.data.split import Split
from ablation.recipe.inference import Normalise
from ablation.recipe.mix import Mix

_CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Feed:
    """Makes the batches of one training.

    Args:
        augmented: the images of a batch, changed.
        targets: of the whole data set, (images, classes) float, on the device.
        normalise: uint8 images to the model's numbers.
        mix: a random mixture of a batch of images and targets; None where there is none.
        clock: told of the time that batches take.
    """

    task: Task
    augmented: Augmented
    targets: Tensor
    normalise: Normalise
    mix: Mix | None
    clock: Clock

    @classmethod
    def of(cls, task: Task, pixels: Pixels, split: Split, clock: Clock, helpers: int = 0) -> Feed:
        """The feed of a task.

        Args:
            helpers: processes that may make batches beside a GPU's training, where images are augmented one by one.
        """
        recipe, classes = task.recipe, len(split.classes)
        return cls(
            task=task,
            augmented=_augmented(task, pixels, len(split.labels), clock, helpers),
            targets=F.one_hot(torch.from_numpy(split.labels), classes).float().to(task.device),
            normalise=Normalise(recipe.data.mean, recipe.data.std).to(task.device),
            mix=None if recipe.mix.changes_nothing else recipe.mix.build(classes),
            clock=clock,
        )

    def batch(self, ids: Ids, epoch: int, step: int, part: int) -> tuple[Tensor, Tensor]:
        """Images (batch, 3, side, side) float and target distributions (batch, classes), on the device."""
        channels_last = self.task.recipe.train.memory_format == "channels_last"
        layout = torch.channels_last if channels_last else torch.contiguous_format
        images = self.augmented.batch(ids, epoch).contiguous(memory_format=layout)  # as bytes, a quarter of the work
        given, target = self.normalise(images), self.target(ids)
        if self.mix is not None:
            with drawing(self.task.streams.number("mix", epoch, step, part), _CPU):
                given, target = self.mix(given, target)
        self.clock.mark("data")
        return given, target

    def target(self, ids: Ids) -> Tensor:
        """Target distributions (batch, classes) of examples that are not mixed, on the device."""
        return self.targets[sent(torch.from_numpy(ids), self.task.device)]


def _augmented(task: Task, pixels: Pixels, examples: int, clock: Clock, helpers: int) -> Augmented:
    settings, data = task.recipe.augment, task.recipe.data
    if settings.changes_nothing:
        return AsTheyAre(pixels, clock)
    change = settings.build(Frame.of(data.image_size, data.mean))
    if isinstance(change, PerBatch):
        return ByTheBatch(pixels, clock, change, task.streams, examples)
    make = functools.partial(one_by_one, pixels, change, task.streams, examples)
    return OneByOne(pixels, clock, Ahead(make, helpers if task.device.type == "cuda" else 0, task.device))
