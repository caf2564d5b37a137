"""A pool of images, and stratified draws from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError
from ablation.recipe.data import Size
from ablation.recipe.data.counts import Counts, allocate
from ablation.recipe.data.draw import Mask, draw, draw_groups

Ids = NDArray[np.int64]
"""Positions in a dataset."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Some of the images: ascending positions in the dataset, and their labels, groups and official splits."""

    ids: Ids
    labels: NDArray[np.int64]
    groups: NDArray[np.int64] | None
    official: NDArray[np.str_] | None
    classes: tuple[str, ...]

    @property
    def counts(self) -> Counts:
        """Images of each class, shape (classes,)."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def part(self, mask: Mask) -> Pool:
        """The images for which ``mask`` is True."""
        groups = None if self.groups is None else self.groups[mask]
        official = None if self.official is None else self.official[mask]
        return Pool(self.ids[mask], self.labels[mask], groups, official, self.classes)


def held_out(pool: Pool, size: Size, field: str, leave: int, rng: np.random.Generator) -> tuple[Pool, Pool]:
    """A stratified draw of ``size``, and the rest, in which every class keeps ``leave`` images or groups.

    Args:
        field: the setting that holds the size, for messages.

    Raises:
        UserError: a class is too small, or the size leaves nothing on one side.
    """
    check_classes(pool, leave + 1, "the splits")
    wanted = allocate(pool.counts, _total(pool, size, field, leave), leave)
    if pool.groups is None:
        mask = draw(pool.labels, wanted, rng)
    else:
        _check_groups(pool, leave + 1)
        mask = draw_groups(pool.labels, pool.groups, wanted, leave, rng)
    return pool.part(mask), pool.part(~mask)


def _total(pool: Pool, size: Size, field: str, leave: int) -> int:
    """The size as a number of images."""
    images, classes = len(pool.ids), len(pool.classes)
    total = size if isinstance(size, int) else max(round(size * images), classes)
    if total < classes:
        raise UserError(f"{total} images for {classes} classes", place=f"data.{field}", remedy=f"at least {classes}")
    if total > (most := images - leave * classes):
        raise UserError(
            f"{size} of {images} images leaves too few of every class for training",
            place=f"data.{field}",
            remedy=f"at most {most}",
        )
    return total


def check_classes(pool: Pool, need: int, who: str) -> None:
    """Check that every class has ``need`` images.

    Raises:
        UserError: some classes have fewer; the message lists them.
    """
    small = {name: int(count) for name, count in zip(pool.classes, pool.counts, strict=True) if count < need}
    if small:
        listed = ", ".join(f"{name!r} has {count} image{'s' * (count != 1)}" for name, count in small.items())
        raise UserError(
            f"{who} need{'s' * (who != 'the splits')} at least {need} of every class; class {listed}",
            place="data.classes",
            remedy=f"data.classes.drop: [{', '.join(small)}], or join them to others by data.classes.merge",
        )


def _check_groups(pool: Pool, need: int) -> None:
    pairs = np.unique(np.stack([pool.labels, np.asarray(pool.groups)]), axis=1)  # (2, pairs of class and group)
    standing = np.bincount(pairs[0], minlength=len(pool.classes))
    if (fewest := int(standing.min())) < need:
        name = pool.classes[int(standing.argmin())]
        raise UserError(
            f"class {name!r} stands in {fewest} group{'s' * (fewest != 1)}, and the splits need {need}",
            place="data.group",
            remedy=f"data.classes.drop: [{name}], or join it to another by data.classes.merge",
        )
