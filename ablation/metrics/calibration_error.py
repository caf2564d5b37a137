"""Expected calibration error of the top class."""

import numpy as np

from ablation.metrics.counts import summed_by
from ablation.metrics.metric import Metric, Predicted, Scores, Weights

BINS = 15


def ece(predicted: Predicted, weights: Weights) -> Scores:
    """|accuracy - confidence| of the top class over 15 equal-width bins of confidence, by their share, 0..1.

    Scores the most probable class, whatever the decision. It depends on the bins and is biased upwards on small sets,
    so it cannot be the metric of an experiment.
    Source: Guo et al. 2017, arXiv:1706.04599.
    """
    confidence = predicted.probabilities.max(axis=1).astype(np.float64)
    excess = (predicted.probabilities.argmax(axis=1) == predicted.labels) - confidence
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    error: Scores = np.abs(summed_by(place, weights * excess, BINS)).sum(axis=1) / weights.sum(axis=1)
    return error


ECE = Metric("ece", "calibration error", "points", higher_is_better=False, weighted=ece, for_verdicts=False, order=120)
