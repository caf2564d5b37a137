"""Matthews correlation of labels and decisions."""

import numpy as np

from ablation.metrics.counts import ConfusionCounts, counting
from ablation.metrics.metric import Metric, Scores, quotient


def mcc(counts: ConfusionCounts) -> Scores:
    """Matthews correlation, -1..1; 0 where labels or decisions have one class only.

    Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    examples = counts.actual.sum(axis=1)
    together = counts.correct.sum(axis=1) * examples - (counts.actual * counts.predicted).sum(axis=1)
    spread = [examples**2 - (each**2).sum(axis=1) for each in (counts.actual, counts.predicted)]
    return quotient(together, np.sqrt(spread[0] * spread[1]), 0.0)


MCC = Metric("mcc", "Matthews correlation", "", higher_is_better=True, weighted=counting(mcc), order=70)
