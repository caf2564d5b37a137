"""Label noise: some labels are replaced by wrong ones on purpose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ablation.recipe.data.draw import draw

Labels = NDArray[np.int64]


def noisy(labels: Labels, classes: int, share: float, rng: np.random.Generator) -> Labels:
    """A copy of the labels with ``share`` of each class replaced by another class, all others equally likely.

    From the same state of ``rng``, the labels that a smaller share replaces are a subset of those of a larger share,
    with the same new classes.

    Args:
        labels: shape (n,), each in [0, classes).
        classes: number of classes, >= 2.
        share: in [0, 1); exact within half a label per class.
    """
    counts = np.bincount(labels, minlength=classes)
    wrong = draw(labels, np.floor(share * counts + 0.5).astype(np.int64), rng)
    others: Labels = (labels + rng.integers(1, classes, size=len(labels))) % classes
    return np.where(wrong, others, labels)
