"""Random draws of images, by class or by group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError
from ablation.recipe.data.counts import Counts

Mask = NDArray[np.bool_]
_ATTEMPTS = 50  # orders tried before a grouped split is impossible


def draw(labels: NDArray[np.int64], counts: Counts, rng: np.random.Generator) -> Mask:
    """True for ``counts[c]`` images of each class c, all images of a class equally likely.

    From the same state of ``rng``, smaller counts choose a subset of what larger counts choose.

    Args:
        labels: shape (n,), positions in ``counts``.
    """
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]  # by class, in random order within each
    starts = np.searchsorted(labels[order], np.arange(len(counts)))
    rank = np.arange(len(labels)) - starts[labels[order]]
    chosen = np.zeros(len(labels), dtype=np.bool_)
    chosen[order] = rank < counts[labels[order]]
    return chosen


def draw_groups(
    labels: NDArray[np.int64], groups: NDArray[np.int64], counts: Counts, leave: int, rng: np.random.Generator
) -> Mask:
    """True for the images of whole groups that together come near ``counts``.

    Groups are visited in random order, and one is chosen if it brings the class counts nearer to the wanted ones, each
    relative to its own size, so that rare classes count as much as frequent ones.

    Args:
        labels: shape (n,), positions in ``counts``.
        groups: shape (n,).
        counts: wanted images of each class, > 0.
        leave: groups of each class that must not be chosen.

    Raises:
        UserError: no order of the groups gives every class a place on both sides.
    """
    _, members = np.unique(groups, return_inverse=True)
    table = np.zeros((members.max() + 1, len(counts)), dtype=np.int64)  # (groups, classes)
    np.add.at(table, (members, labels), 1)
    for _ in range(_ATTEMPTS):
        chosen = _greedy(table / counts, rng)
        if (table[chosen] > 0).any(axis=0).all() and ((table[~chosen] > 0).sum(axis=0) >= leave).all():
            return np.asarray(chosen[members], dtype=np.bool_)
    raise UserError(
        f"{len(table)} groups cannot be split so that every class is on both sides",
        place="data.group",
        remedy="merge or drop small classes with data.classes, or change the sizes of the splits",
    )


def _greedy(shares: NDArray[np.float64], rng: np.random.Generator) -> Mask:
    """Which groups to choose; ``shares`` (groups, classes) is what each adds, as a share of the wanted counts."""
    missing, chosen = np.ones(shares.shape[1]), np.zeros(len(shares), dtype=np.bool_)
    for group in rng.permutation(len(shares)):
        after = missing - shares[group]
        if after @ after < missing @ missing:
            missing, chosen[group] = after, True
    return chosen
