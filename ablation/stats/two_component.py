"""The two-component interval: replicates and test examples both vary.

On one fixed test set the spread over replicates alone, or over examples alone, covers too little. Here the variance
of the mean difference is the examples' (the ruler's) plus what the replicates add beyond it (the method's own).

Assumes examples and replicates drawn independently and a score that is a mean over examples (correctness, log-loss,
Brier), not one that is a function of the whole set (macro F1, AUROC).
Source: the split of variance follows Jordan 2024 (ICLR), degrees of freedom Satterthwaite 1946.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL, Interval, t_interval


def two_component(differences: ArrayLike, level: float = LEVEL) -> Interval:
    """Interval of the mean difference for new trainings and new test examples alike.

    Args:
        differences: (replicates k >= 2, examples n >= 2), score of the new arm minus that of the old one.
        level: two-sided confidence, 0..1.

    Returns:
        ``sd`` is that of the replicates' means, ``n`` the number of replicates.

    Raises:
        ValueError: too few rows or columns, or a value that is not finite.
    """
    scores = np.asarray(differences, dtype=np.float64)
    if scores.ndim != 2 or min(scores.shape) < 2 or not np.isfinite(scores).all():
        raise ValueError(f"expected finite differences (replicates >= 2, examples >= 2), got shape {scores.shape}")
    k, n = scores.shape
    rows, columns, mean = scores.mean(axis=1), scores.mean(axis=0), float(scores.mean())
    of_examples = float(columns.var(ddof=1)) / n
    of_rows = float(rows.var(ddof=1))
    residual = float(((scores - rows[:, None] - columns + mean) ** 2).sum()) / ((k - 1) * (n - 1))
    variance = of_examples + max(0.0, of_rows - residual / n) / k
    spread = of_examples**2 / (n - 1) + (of_rows / k) ** 2 / (k - 1)
    df = max(k - 1.0, variance**2 / spread) if spread > 0 else k - 1.0
    return t_interval(mean, math.sqrt(of_rows), k, math.sqrt(variance), df, level)
