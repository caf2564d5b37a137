"""The t interval of a mean paired difference over replicates: Student's, and corrected for redrawn splits.

Assumes roughly normal differences of independent replicates; robust to departures from normality, not from
independence. A bootstrap of 3 to 10 replicates is no substitute: its percentile interval misses a true mean of 0 up to
a quarter of the time.
"""

import math

from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL, Interval, t_interval
from ablation.stats.summary import summary


def paired_t(differences: ArrayLike, level: float = LEVEL) -> Interval:
    """Interval of the mean of paired differences, df n - 1. Source: Student 1908.

    Replicates that share one test set are independent only in their training: the interval then is about new trainings
    on this same test set, not about new test images. One difference gives a mean without interval or p. Equal
    differences give an interval of no width, the limit of the formula: at 0 (p = 1) the two arms are identical; at
    another value (p = 0) the spread is too small to be seen, since the accuracy on n images moves in steps of 1/n.

    Args:
        differences: (n,), one per replicate, new minus old.

    Raises:
        ValueError: no difference, or one that is not finite.
    """
    gains = summary(differences)
    return t_interval(gains.mean, gains.sd, gains.n, gains.sd / math.sqrt(gains.n), gains.n - 1, level)


def resampled_t(differences: ArrayLike, test_to_train: float, level: float = LEVEL) -> Interval:
    """The same for replicates that redraw train and test split from the same images, with Nadeau and Bengio's variance.

    Such replicates share most of their training images, so the plain interval is far too narrow: the variance
    s^2 / n becomes s^2 (1/n + n_test / n_train). Assumes the same sizes in every replicate and stable learners; it is a
    heuristic, slightly conservative in practice.
    Source: Nadeau and Bengio 2003, Inference for the generalization error, Machine Learning 52.

    Args:
        test_to_train: number of test examples over number of training examples, > 0.

    Raises:
        ValueError: as ``paired_t``, or a ratio that is not positive.
    """
    if not test_to_train > 0:
        raise ValueError(f"test_to_train must be positive, got {test_to_train}")
    gains = summary(differences)
    error = gains.sd * math.sqrt(1 / gains.n + test_to_train)
    return t_interval(gains.mean, gains.sd, gains.n, error, gains.n - 1, level)
