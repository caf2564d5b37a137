"""Decision threshold: from which probability on an example is taken for the positive class.

Changes     the decision between two classes: positive where its probability reaches the threshold that gave the best
            F1 on validation, not where it is the larger of the two.
Helps       F1 of a rare positive class, whose best threshold lies below 0.5: half the best F1, where probabilities are
            calibrated.
Collides    accuracy, which argmax serves best, falls where F1 gains; class weights and weighted sampling move the
            probabilities towards the rare class already. With few positives in validation the threshold follows
            chance.
Cost        none that can be measured.
Asked by    002_111c0abedfd045f2.txt (F1-score optimization).
Source      Lipton et al. 2014, arXiv:1402.1892.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ARGMAX = 0.5
"""The threshold that decides as argmax does, except that an exact tie goes to the positive class."""


def best_threshold(scores: NDArray[np.float32], labels: NDArray[np.bool_]) -> float:
    """The threshold in [0, 1) with the best F1 for ``score >= threshold``; the closest to 0.5 among equally good ones.

    The candidates are 0.5 and the midpoints between neighbouring scores (and between 0 and the lowest); all others give
    the same decisions. It is 0.5 if no other is better, and without positive examples.

    Args:
        scores: probability of the positive class of each validation image, (n,) float32, n >= 1.
        labels: whether it is positive, (n,).
    """
    if not labels.any():
        return ARGMAX
    everyone, positives = np.sort(scores.astype(np.float64)), np.sort(scores[labels].astype(np.float64))
    distinct = np.unique(everyone)
    midpoints = (distinct + np.concatenate([[0.0], distinct[:-1]])) / 2
    candidates = np.concatenate([[ARGMAX], midpoints])
    taken = len(everyone) - np.searchsorted(everyone, candidates)
    right = len(positives) - np.searchsorted(positives, candidates)
    f1 = 2 * right / (taken + len(positives))
    best = candidates[f1 == f1.max()]
    return float(best[np.argmin(np.abs(best - ARGMAX))])


def decided(probabilities: NDArray[np.float32], positive: int, threshold: float) -> NDArray[np.int64]:
    """The class decided for each example, (n,) int64: the positive one where its probability reaches the threshold.

    Args:
        probabilities: (n, 2) float32, rows summing to 1.
        positive: the positive class, 0 or 1.
        threshold: in [0, 1]; compared in double precision, so that midpoints of neighbouring float32 separate them.
    """
    taken = probabilities[:, positive].astype(np.float64) >= threshold
    return np.where(taken, positive, 1 - positive).astype(np.int64)
