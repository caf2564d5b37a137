"""Every metric once, users' own metrics, and the predictions that they are computed from; needs no torch.

To add a metric, add one file to this folder and its test. The file declares one or more ``Metric`` values at its top
level; the registry reads the folder, so no other file changes::

    from ablation.metrics.counts import ConfusionCounts
    from ablation.metrics.metric import Metric, Predicted, Scores, Weights


    def kappa(predicted: Predicted, weights: Weights) -> Scores:
        counts = ConfusionCounts.of(predicted, weights)  # each (resamples, classes)
        examples = counts.actual.sum(axis=1)
        observed = counts.correct.sum(axis=1) / examples
        expected = (counts.actual * counts.predicted).sum(axis=1) / examples**2
        return (observed - expected) / (1 - expected)


    KAPPA = Metric("kappa", "Cohen's kappa", "", higher_is_better=True, weighted=kappa)

``weighted`` is the only formula: with every weight 1 it is the value, with a bootstrap's weights the scores of its
resamples. A metric that is a mean over examples has ``per_example`` too, which
intervals over test images are computed from. See ``ablation.metrics.metric.Metric`` for the other fields.

The same file in an experiment's folder, say ``my_metrics.py``, is a user's own metric: experiment files and
``--metric`` name it ``my_metrics:KAPPA``.
"""

from ablation.metrics.counts import ConfusionCounts
from ablation.metrics.metric import Metric, Predicted

__all__ = ["ConfusionCounts", "Metric", "Predicted"]
