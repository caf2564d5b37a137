"""Numbers of images per class: arithmetic on counts, without randomness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""Images of each class, shape (classes,)."""


def allocate(counts: Counts, total: int, leave: int = 0) -> Counts:
    """``total`` images shared among the classes in proportion to their counts, within one image if the bounds allow it.

    Every class gets at least 1 and leaves at least ``leave``; otherwise the largest remainders come first, and the
    first class among equal ones.

    Args:
        total: between the number of classes and ``sum(counts - leave)``.
        leave: >= 0 and below every count.
    """
    share: Counts
    exact, images = total * counts, int(counts.sum())  # the exact shares times images: whole numbers, so ties are exact
    share = np.clip(exact // images, 1, counts - leave)
    while missing := total - int(share.sum()):
        step = 1 if missing > 0 else -1
        free = share < counts - leave if step > 0 else share > 1
        share[np.where(free, step * (exact - share * images), np.iinfo(np.int64).min).argmax()] += step
    return share


def portion(counts: Counts, fraction: float) -> Counts:
    """A fraction in (0, 1] of every class, within half an image, and at least one."""
    kept: Counts = np.maximum(np.floor(fraction * counts + 0.5).astype(np.int64), 1)
    return kept


def long_tail(counts: Counts, ratio: float) -> Counts:
    """Counts that fall from class to class by a constant factor; the last is the largest count over ``ratio``.

    n_c = n_max * ratio^(-c / (K - 1)), rounded down, and never more than the class has; classes in the order of their
    names. Source: Cui et al. 2019, arXiv:1901.05555, section 5.1.
    """
    falling = counts.max() * ratio ** -np.linspace(0, 1, len(counts))
    whole = np.floor(falling + 1e-9).astype(np.int64)  # 5000 / 100 must not become 49.999
    tail: Counts = np.minimum(whole, counts)
    return tail
