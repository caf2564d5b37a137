"""Augmentation: the images of a training batch in an epoch, before they are normalised and mixed.

An augmenter draws from the stream ``augment`` by epoch and example, so the batch that an image is in does not matter.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ablation.core.input.pixels import Pixels, to_device
from ablation.core.input.prefetch import Prefetcher
from ablation.core.streams import Streams, drawing, reseed
from ablation.core.timing import WorkTimer
from ablation.recipe.augment import PerBatch, PerImage
from ablation.recipe.data.pool import Ids


@dataclass(eq=False)
class Augmenter:
    """Returns the images of a batch as they are; the base of those that change them."""

    pixels: Pixels
    timer: WorkTimer

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        """Announce the next batches in order, so that they can be prefetched; it changes no image."""

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        """The images ``ids`` as augmented in an epoch, (batch, 3, side, side) uint8, on the training's device."""
        images = self.pixels.batch(ids)
        self.timer.mark("data")
        return images


@dataclass(eq=False)
class BatchAugmenter(Augmenter):
    """Augments a whole batch at once on the training's device; each of all ``examples`` has its own draws."""

    change: PerBatch
    streams: Streams
    examples: int
    _table: tuple[int, Tensor] | None = None

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        images = super().batch(ids, epoch)
        augmented = self.change(images, self._draws(epoch)[to_device(torch.from_numpy(ids), self.pixels.device)])
        self.timer.mark("augmentation")
        return augmented

    def _draws(self, epoch: int) -> Tensor:
        """The epoch's random numbers, (examples, draws), on the device; drawn once an epoch."""
        if self._table is None or self._table[0] != epoch:
            table = draws(self.streams, epoch, self.examples, self.change.draws)
            self._table = epoch, table.to(self.pixels.device)
        return self._table[1]


@dataclass(eq=False)
class ImageAugmenter(Augmenter):
    """Augments one image after the other on the host, with a function that draws from torch's generator."""

    prefetcher: Prefetcher

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        self.prefetcher.announce(batches, epoch)

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        augmented = self.prefetcher.take(ids, epoch)
        self.timer.mark("augmentation")
        images = to_device(augmented, self.pixels.device)
        self.timer.mark("data")
        return images


def draws(streams: Streams, epoch: int, examples: int, count: int) -> Tensor:
    """Random numbers in [0, 1) for an epoch, (examples, count) float32; a row does not depend on ``examples``."""
    table = streams.generator("augment", epoch).random((examples, count), dtype=np.float32)
    return torch.from_numpy(table)


def augment_images(pixels: Pixels, change: PerImage, streams: Streams, examples: int, ids: Ids, epoch: int) -> Tensor:
    """The images ``ids`` of all ``examples``, each augmented with its own seed, (batch, 3, side, side) on the host."""
    images, augmented = pixels.on_host(ids).contiguous(), []
    seeds = _seeds(streams, epoch, examples)[ids]
    with drawing(0, torch.device("cpu")):
        for image, seed in zip(images, seeds.tolist(), strict=True):
            reseed(seed)
            augmented.append(change(image))
    return torch.stack(augmented)


@functools.lru_cache(maxsize=1)
def _seeds(streams: Streams, epoch: int, examples: int) -> Ids:
    return streams.per_example("augment", epoch, examples)
