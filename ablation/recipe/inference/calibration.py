"""Temperature calibration: one number that makes the probabilities as sure as they are right.

Changes     the prediction: softmax(log p / T), T chosen on validation to minimise the log-loss.
Helps       log-loss, Brier score and calibration error of networks that are too sure, as large ones trained long are,
            or not sure enough, as label smoothing, mixup and averaging leave them.
Collides    accuracy and every ranking within an image stay as they are: no gain there. A small validation set gives a
            rough T.
Cost        none at prediction; a second at most to choose T.
Asked by    003_ecebd86cd390f469.txt ("better calibration", which it expects of label smoothing).
Source      Guo et al. 2017, arXiv:1706.04599.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BOUNDS = (0.1, 10.0)
"""Bounds of T: the log-loss falls without end towards T = 0 if validation has no error, and towards larger T if the
model is worse than chance."""


def temperature(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The T within ``BOUNDS`` that minimises the log-loss of softmax(log p / T); 1 if no other is better.

    The log-loss is convex in 1/T, so its only minimum is always found.

    Args:
        probabilities: of the validation images, (n, classes) float32, rows summing to 1, n >= 1; zeros are allowed.
        labels: (n,) int64 in 0..classes-1.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits, rows = _logits(probabilities), np.arange(len(labels))

    def log_loss(log_t: float) -> float:
        return -float(np.mean(log_softmax(logits / np.exp(log_t), axis=1)[rows, labels]))

    found = minimize_scalar(log_loss, bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x)) if found.fun < log_loss(0.0) else 1.0


def tempered(probabilities: NDArray[np.float32], divisor: float) -> NDArray[np.float32]:
    """softmax(log p / T), rows summing to 1; with T = 1 the probabilities bit for bit.

    Args:
        probabilities: (n, classes) float32, rows summing to 1.
        divisor: the temperature T, > 0; above 1 less sure, below 1 surer.
    """
    from scipy.special import softmax

    if divisor == 1:
        return probabilities
    changed: NDArray[np.float32] = softmax(_logits(probabilities) / divisor, axis=1).astype(np.float32)
    return changed


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """log p in double precision; zeros are replaced by the smallest normal float32, since they underflowed."""
    logs: NDArray[np.float64] = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny).astype(np.float64))
    return logs
