"""Proper scores of probabilities: log-loss and the Brier score, means over examples."""

import numpy as np

from ablation.metrics.metric import Metric, Predicted, Scores, mean_of_examples


def surprise(predicted: Predicted) -> Scores:
    """-log p of the true class in nats, (n,); rows brought to sum 1, p kept 2.2e-16 from 0 and 1, as scikit-learn does.

    In double precision: rows of float32 sum to 1 only to about 1e-7.
    """
    rows = predicted.probabilities.astype(np.float64)
    true = rows[np.arange(len(rows)), predicted.labels] / rows.sum(axis=1)
    tiny = np.finfo(np.float64).eps
    nats: Scores = -np.log(np.clip(true, tiny, 1 - tiny))
    return nats


def squared_errors(predicted: Predicted) -> Scores:
    """Squared distance of each example's probabilities from the truth, summed over classes: (n,), each 0..2."""
    truth = np.zeros(predicted.probabilities.shape, dtype=np.float64)
    truth[np.arange(len(truth)), predicted.labels] = 1.0
    errors: Scores = np.sum((predicted.probabilities - truth) ** 2, axis=1)
    return errors


LOG_LOSS = Metric(
    "log_loss",
    "log-loss",
    "nats",
    higher_is_better=False,
    weighted=mean_of_examples(surprise),
    per_example=surprise,
    per_epoch=True,
    epoch_name="loss",
    order=100,
)
BRIER = Metric(
    "brier",
    "Brier score",
    "",
    higher_is_better=False,
    weighted=mean_of_examples(squared_errors),
    per_example=squared_errors,
    order=110,
)
