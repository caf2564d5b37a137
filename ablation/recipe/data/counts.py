"""How many images of each class: arithmetic on counts, without any randomness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""Images of each class, shape (classes,)."""


def allocate(counts: Counts, total: int, leave: int = 0) -> Counts:
    """``total`` dealt out to the classes in proportion to their counts, within one image where the bounds allow it.

    Every class gets at least 1 and keeps at least ``leave``; otherwise largest remainders are served first, the first
    class where they are equal.

    Args:
        total: between the number of classes and ``sum(counts - leave)``.
        leave: >= 0 and below every count.
    """
    share: Counts
    exact, images = total * counts, int(counts.sum())  # the exact shares times images: whole numbers, so ties are ties
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
    """Counts that fall from class to class by a constant factor, the last ``ratio`` times below the largest count.

    n_c = n_max * ratio^(-c / (K - 1)), rounded down, and never more than the class has; classes in the order of their
    names. Source: Cui et al. 2019, arXiv:1901.05555, section 5.1.
    """
    falling = counts.max() * ratio ** -np.linspace(0, 1, len(counts))
    whole = np.floor(falling + 1e-9).astype(np.int64)  # 5000 / 100 must not become 49.999
    tail: Counts = np.minimum(whole, counts)
    return tail
