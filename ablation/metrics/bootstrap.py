"""Bootstrap resamples of examples, as weights."""

from __future__ import annotations

import numpy as np

from ablation.metrics.metric import Labels, Weights


def bootstrap_weights(labels: Labels, resamples: int, generator: np.random.Generator, by_class: bool) -> Weights:
    """How often each example stands in each bootstrap resample, (resamples, n).

    One example less is drawn than there are, or of each class where classes are kept apart: the spread of a mean over
    such resamples is its standard error, which n of n would understate, by a tenth in a class of five.

    The same weights serve every replicate and both arms of a comparison, since those share their test examples.

    Args:
        labels: (n,) int64 in 0..classes-1.
        resamples: how many, >= 1.
        generator: where the draws come from.
        by_class: whether each class keeps its share of examples.
    """
    strata = [np.flatnonzero(labels == each) for each in np.unique(labels)] if by_class else [np.arange(len(labels))]
    weights = np.zeros((resamples, len(labels)), dtype=np.int32)
    for members in strata:
        drawn = generator.integers(len(members), size=(resamples, max(1, len(members) - 1)))
        weights[:, members] = [np.bincount(each, minlength=len(members)) for each in drawn]
    return weights
