"""A different change for each image of a batch.

On the CPU, images with the same choice are grouped and changed together. On another device grouping would have to wait
for the choices, so there every change is computed for every image, and the chosen result kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

Change: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Maps images (n, ...) and their numbers (n, k) to changed images of the same shape and type."""

UNCHANGED = -1
"""The choice of no change."""


def one_of(images: Tensor, which: Tensor, changes: Sequence[Change], numbers: Tensor) -> Tensor:
    """Each image, changed by the change chosen for it.

    Args:
        images: (batch, ...).
        which: index of a change for each image, (batch,) int64, or ``UNCHANGED``.
        changes: the changes to choose from.
        numbers: each image's parameters, (batch, k).
    """
    choose = in_groups if on_host(images) else all_of_them
    return choose(images, which, changes, numbers)


def some(images: Tensor, chosen: Tensor, change: Change, numbers: Tensor) -> Tensor:
    """The images, changed where ``chosen``, (batch,) bool, is true."""
    return one_of(images, chosen.long() - 1, [change], numbers)


def on_host(images: Tensor) -> bool:
    """Whether values can be read without waiting for a device."""
    return images.device.type == "cpu"


def in_groups(images: Tensor, which: Tensor, changes: Sequence[Change], numbers: Tensor) -> Tensor:
    """``one_of``, with each change computed only for its images."""
    present = set(which.tolist())
    if len(present) == 1:
        (only,) = present
        return images if only == UNCHANGED else changes[only](images, numbers)
    changed = images.clone()
    for index in sorted(present - {UNCHANGED}):
        rows = (which == index).nonzero().squeeze(1)
        changed.index_copy_(0, rows, changes[index](images.index_select(0, rows), numbers.index_select(0, rows)))
    return changed


def all_of_them(images: Tensor, which: Tensor, changes: Sequence[Change], numbers: Tensor) -> Tensor:
    """``one_of``, with every change computed for every image."""
    changed = images
    for index, change in enumerate(changes):
        mine = (which == index).reshape(-1, *[1] * (images.ndim - 1))
        changed = torch.where(mine, change(images, numbers), changed)
    return changed
