"""The images of a batch as a training sees them in an epoch, before they are normalised and mixed.

Each way of augmenting draws from the stream ``augment`` by epoch and example, so that an image changes in the same way
in whatever batch it comes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ablation.core.input.batches import Ids
from ablation.core.input.pixels import Pixels, sent
from ablation.core.input.prefetch import Ahead
from ablation.core.streams import Streams, drawing, reseed
from ablation.core.timing import Clock
from ablation.recipe.augment import PerBatch, PerImage

_CPU = torch.device("cpu")


class Augmented(Protocol):
    """Images, (batch, 3, side, side) uint8 on the training's device."""

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        """Hear which batches will be asked for next, in order; it changes nothing but the time that they take."""

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        """Some of the images as they are seen in an epoch."""


@dataclass(frozen=True, eq=False)
class AsTheyAre:
    """No augmentation."""

    pixels: Pixels
    clock: Clock

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        pass

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        images = self.pixels.batch(ids)
        self.clock.mark("data")
        return images


@dataclass(eq=False)
class ByTheBatch:
    """All images of a batch at once, on the training's device, each by numbers of its own.

    Args:
        examples: of the whole data set.
    """

    pixels: Pixels
    clock: Clock
    change: PerBatch
    streams: Streams
    examples: int
    _table: tuple[int, Tensor] | None = None

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        pass

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        images = self.pixels.batch(ids)
        self.clock.mark("data")
        changed = self.change(images, self._draws(epoch)[sent(torch.from_numpy(ids), self.pixels.device)])
        self.clock.mark("augmentation")
        return changed

    def _draws(self, epoch: int) -> Tensor:
        """The numbers that decide the epoch, (examples, draws), on the device; made once an epoch."""
        if self._table is None or self._table[0] != epoch:
            table = draws(self.streams, epoch, self.examples, self.change.draws)
            self._table = epoch, table.to(self.pixels.device)
        return self._table[1]


@dataclass(frozen=True, eq=False)
class OneByOne:
    """One image after the other on the host, by a function that draws from torch's generator."""

    pixels: Pixels
    clock: Clock
    ahead: Ahead

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        self.ahead.announce(batches, epoch)

    def batch(self, ids: Ids, epoch: int) -> Tensor:
        changed = self.ahead.take(ids, epoch)
        self.clock.mark("augmentation")
        images = sent(changed, self.pixels.device)
        self.clock.mark("data")
        return images


def draws(streams: Streams, epoch: int, examples: int, count: int) -> Tensor:
    """The numbers in [0, 1) that decide the augmentation of each example in an epoch, (examples, count) float32.

    An example's row stays the same when more examples are added.
    """
    table = streams.generator("augment", epoch).random((examples, count), dtype=np.float32)
    return torch.from_numpy(table)


def one_by_one(pixels: Pixels, change: PerImage, streams: Streams, examples: int, ids: Ids, epoch: int) -> Tensor:
    """Images changed each under a seed of its own, (batch, 3, side, side) uint8 on the host.

    Args:
        examples: of the whole data set.
    """
    images, changed = pixels.on_host(ids).contiguous(), []
    seeds = _seeds(streams, epoch, examples)[ids]
    with drawing(0, _CPU):
        for image, seed in zip(images, seeds.tolist(), strict=True):
            reseed(seed)
            changed.append(change(image))
    return torch.stack(changed)


@functools.lru_cache(maxsize=1)
def _seeds(streams: Streams, epoch: int, examples: int) -> Ids:
    return streams.per_example("augment", epoch, examples)
