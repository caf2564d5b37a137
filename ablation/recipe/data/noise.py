"""Label noise: some labels are made wrong on purpose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ablation.recipe.data.draw import draw

Labels = NDArray[np.int64]


def noisy(labels: Labels, classes: int, share: float, rng: np.random.Generator) -> Labels:
    """A copy of the labels in which ``share`` of those of each class name another one, all others equally likely.

    From the same state of ``rng``, a smaller share makes a part of the labels wrong that a larger share does, and in
    the same way.

    Args:
        labels: shape (n,), each in [0, classes).
        classes: number of classes, >= 2.
        share: in [0, 1); of every class it is met within half a label.
    """
    counts = np.bincount(labels, minlength=classes)
    wrong = draw(labels, np.floor(share * counts + 0.5).astype(np.int64), rng)
    others: Labels = (labels + rng.integers(1, classes, size=len(labels))) % classes
    return np.where(wrong, others, labels)
