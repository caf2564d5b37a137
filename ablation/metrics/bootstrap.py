"""Bootstrap resamples of examples, as weights."""

import numpy as np

from ablation.metrics.metric import ClassIndices, Weights


def bootstrap_weights(labels: ClassIndices, resamples: int, generator: np.random.Generator, by_class: bool) -> Weights:
    """How often each bootstrap resample holds each example, (resamples, n).

    Draws n - 1 of n examples, of each class where the draws are by class. The spread of a mean over such resamples is
    its standard error; draws of n would understate it, by a tenth in a class of five.

    Use the same weights for every replicate and both arms of a comparison, since those share their test examples.

    Args:
        labels: (n,) int64 in 0..classes-1.
        by_class: whether each class is resampled apart.
    """
    strata = [np.flatnonzero(labels == label) for label in np.unique(labels)] if by_class else [np.arange(len(labels))]
    weights = np.zeros((resamples, len(labels)), dtype=np.int32)
    for members in strata:
        drawn = generator.integers(len(members), size=(resamples, max(1, len(members) - 1)))
        weights[:, members] = [np.bincount(each, minlength=len(members)) for each in drawn]
    return weights
