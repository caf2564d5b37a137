"""Nadeau and Bengio's corrected t: for replicates that redraw train and test split from the same images.

Such replicates share most of their training images, so the interval of the plain paired t is far too narrow. The
correction raises its variance from s^2 / n to s^2 (1/n + n_test / n_train).

Assumes the same sizes in every replicate and stable learners; it is a heuristic, slightly conservative in practice.
Source: Nadeau and Bengio 2003, Inference for the generalization error, Machine Learning 52.
"""

import math

from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL, Interval, t_interval
from ablation.stats.summary import summary


def resampled_t(differences: ArrayLike, test_to_train: float, level: float = LEVEL) -> Interval:
    """Interval of the mean of paired differences over redrawn splits, df n - 1.

    Args:
        differences: (n,), one per replicate, new minus old.
        test_to_train: number of test examples over number of training examples, > 0.
        level: two-sided confidence, 0..1.

    Raises:
        ValueError: no difference, one that is not finite, or a ratio that is not positive.
    """
    if not test_to_train > 0:
        raise ValueError(f"test_to_train must be positive, got {test_to_train}")
    gains = summary(differences)
    error = gains.sd * math.sqrt(1 / gains.n + test_to_train)
    return t_interval(gains.mean, gains.sd, gains.n, error, gains.n - 1, level)
