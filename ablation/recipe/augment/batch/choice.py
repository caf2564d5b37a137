"""Changes of some images of a batch and not of others.

Where the host knows the numbers, images of one choice are taken out and changed together, and no other is. On a device
that would mean waiting for it, so there every change is computed for every image and the chosen one kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

Change: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Images (n, ...) and their numbers (n, k) to changed images of the same shape and type."""

UNCHANGED = -1
"""The choice of no change."""


def one_of(images: Tensor, which: Tensor, changes: Sequence[Change], numbers: Tensor) -> Tensor:
    """Each image changed by the change of its choice.

    Args:
        images: (batch, ...).
        which: index of a change for each image, (batch,) int64, or ``UNCHANGED``.
        changes: what there is to choose from.
        numbers: each image's parameters, (batch, k).
    """
    choose = in_groups if on_host(images) else all_of_them
    return choose(images, which, changes, numbers)


def some(images: Tensor, chosen: Tensor, change: Change, numbers: Tensor) -> Tensor:
    """The images of which ``chosen``, (batch,) bool, is true are changed, the others stay."""
    return one_of(images, chosen.long() - 1, [change], numbers)


def on_host(images: Tensor) -> bool:
    """Whether looking at numbers costs no waiting for a device."""
    return images.device.type == "cpu"


def in_groups(images: Tensor, which: Tensor, changes: Sequence[Change], numbers: Tensor) -> Tensor:
    """``one_of``, each change computed only for the images that chose it."""
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
    """``one_of``, every change computed for every image."""
    changed = images
    for index, change in enumerate(changes):
        mine = (which == index).reshape(-1, *[1] * (images.ndim - 1))
        changed = torch.where(mine, change(images, numbers), changed)
    return changed
