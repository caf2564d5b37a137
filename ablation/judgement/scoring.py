"""From the kept predictions of some replicates to an arm: each test example's score, or the score of resampled sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ablation.core.metric_counts import Weights
from ablation.core.metric_examples import example_scores
from ablation.core.metric_resamples import resampled_scores
from ablation.core.metrics import Metric, Predicted
from ablation.judgement.arms import Arm, Numbers


def arm_of(values: Numbers, predicted: Sequence[Predicted], of: Metric, weights: Callable[[], Weights]) -> Arm:
    """Replicates that share one test set, with what its examples say.

    Args:
        values: (k,), raw scores.
        predicted: one a replicate, all of the same n examples in the same order.
        weights: gives the resamples of the examples, the same for every arm; asked only where the score needs them.
    """
    labels = predicted[0].labels
    strata = _strata(labels) if of.by_class else None
    examples = [example_scores(of, each) for each in predicted]
    found = [each for each in examples if each is not None]
    if found:
        return Arm(values, examples=np.stack(found), strata=strata)
    resamples = np.stack([resampled_scores(of, each, weights()) for each in predicted])
    df = len(labels) - (len(np.unique(labels)) if of.by_class else 1)
    return Arm(values, resamples=resamples, examples_df=float(df))


def _strata(labels: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The classes, unless one has a single example, about which nothing can be said."""
    return labels if np.bincount(labels)[np.unique(labels)].min() > 1 else None
