"""Makes an arm from stored predictions: with the score of each test example, or of bootstrap resamples of them."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ablation.analysis.comparison.arms import Arm, Numbers
from ablation.metrics.metric import Metric, Predicted, Weights


def arm_of(values: Numbers, predicted: Sequence[Predicted], of: Metric, weights: Callable[[], Weights]) -> Arm:
    """Returns the arm of k replicates that share one test set.

    Args:
        values: (k,), raw scores.
        predicted: one for each replicate, all of the same n examples in the same order.
        weights: returns the bootstrap weights of the examples, the same for every arm; called only where needed.
    """
    labels = predicted[0].labels
    strata = _strata(labels) if of.by_class else None
    if of.per_example is not None:
        examples = np.stack([of.per_example(each) for each in predicted])
        # a single example has no variance
        return Arm(values, examples=examples, strata=strata) if examples.shape[1] > 1 else Arm(values)
    resamples = np.stack([of.weighted(each, weights()) for each in predicted])
    return Arm(values, resamples=resamples, examples_df=_df(labels) if of.by_class else len(labels) - 1.0)


def _df(labels: NDArray[np.int64]) -> float:
    """Satterthwaite's degrees of freedom of a score that weights classes equally, for equal variance in all classes.

    The rarest class dominates: a class of 5 beside a class of 200 gives about 4, not 203.
    """
    sizes = np.bincount(labels)[np.unique(labels)].astype(np.float64)
    parts, freedom = 1 / sizes, np.maximum(sizes - 1, 1.0)
    return float(parts.sum() ** 2 / (parts**2 / freedom).sum())


def _strata(labels: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The classes as strata; None where a class has a single example, which has no variance."""
    return labels if np.bincount(labels)[np.unique(labels)].min() > 1 else None
