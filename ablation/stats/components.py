"""The variance of a mean difference, split into the part of the test examples, that of the replicates, and a residual.

On one fixed test set an interval from the spread over replicates alone, or over examples alone, is too narrow. Here
the variance of the mean difference is that of the examples plus what the replicates (the method) add to it.

Assumes examples and replicates drawn independently of each other.
Source: the split of variance follows Jordan 2024 (ICLR), degrees of freedom Satterthwaite 1946.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ablation.stats.interval import LEVEL, Interval, t_interval
from ablation.stats.summary import finite_vector


@dataclass(frozen=True)
class Components:
    """A mean over k replicates and the test examples, and the parts of its variance.

    Args:
        of_examples: variance of the mean due to the test examples; includes ``residual / k``.
        of_examples_df: its degrees of freedom.
        of_rows: variance (ddof 1) of the replicates' own means; NaN where k is 1.
        residual: variance of each replicate's own mean due to noise of the examples; NaN where k is 1.
    """

    mean: float
    of_examples: float
    of_examples_df: float
    of_rows: float
    residual: float
    k: int

    @property
    def of_method(self) -> float:
        """Variance between replicates beyond the noise of the examples: Jordan's distribution-wise variance, >= 0."""
        return float(np.maximum(0.0, self.of_rows - self.residual))

    @property
    def variance(self) -> float:
        """Variance of the mean for new trainings and new test examples alike; NaN where k is 1."""
        return self.of_examples + self.of_method / self.k

    @property
    def df(self) -> float:
        """Degrees of freedom of that variance, by Satterthwaite, at least k - 1; 0 where k is 1."""
        if self.k == 1:
            return 0.0
        spread = self.of_examples**2 / self.of_examples_df + (self.of_rows / self.k) ** 2 / (self.k - 1)
        return max(self.k - 1.0, self.variance**2 / spread) if spread > 0 else self.k - 1.0

    @property
    def lasting(self) -> float:
        """The part of the examples' variance that more replicates on this test set do not reduce, >= 0."""
        return float(np.maximum(0.0, self.of_examples - self.residual / self.k))

    def at(self, k: int) -> Components:
        """The expected components of k >= 2 replicates on the same test examples, if this split is the truth."""
        return replace(self, of_examples=self.lasting + self.residual / k, k=k)

    def interval(self, level: float = LEVEL) -> Interval:
        """``mean +- t(df) * sqrt(variance)``; ``sd`` is that of the replicates' means, ``n`` their number.

        One replicate gives a mean without interval; equal scores give an interval of no width.
        """
        return t_interval(self.mean, math.sqrt(self.of_rows), self.k, math.sqrt(self.variance), self.df, level)


def components(differences: ArrayLike, strata: ArrayLike | None = None) -> Components:
    """Components of a score that is a mean over test examples (correctness, log-loss, Brier).

    Args:
        differences: (replicates k >= 1, examples n >= 2), score of the new arm minus that of the old one.
        strata: (n,) the class of each example, for class-balanced metrics: each class varies about its own mean. The
            columns are multiplied by the weight of their class, so that their mean is the metric.

    Raises:
        ValueError: another shape, a value that is not finite, or a stratum of one example.
    """
    scores = np.asarray(differences, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[0] < 1 or scores.shape[1] < 2 or not np.isfinite(scores).all():
        raise ValueError(f"expected finite differences (replicates >= 1, examples >= 2), got shape {scores.shape}")
    labels = np.zeros(scores.shape[1], dtype=np.int64) if strata is None else np.asarray(strata)
    if labels.shape != scores.shape[1:]:
        raise ValueError(f"expected strata of shape {scores.shape[1:]}, got {labels.shape}")
    rows = scores.mean(axis=1)
    centred = scores - scores[0, 0]  # so that equal scores have a variance of exactly 0
    of_mean, sizes = _by_stratum(centred.mean(axis=0, keepdims=True), labels)
    of_each, _ = _by_stratum(centred, labels)
    of_examples = float(of_mean.sum())
    df = of_examples**2 / float((of_mean**2 / (sizes - 1)).sum()) if of_examples > 0 else float((sizes - 1).sum())
    return _split(rows, of_examples, df, float(of_each.sum(axis=1).mean()))


def resampled_components(values: ArrayLike, resamples: ArrayLike, examples_df: float) -> Components:
    """Components of a score of the whole test set (macro F1, AUROC), from a bootstrap of its examples.

    Args:
        values: (k,) the difference of each replicate on the whole test set.
        resamples: (k, B >= 2) the same difference on B resamples of the examples, one resample for all replicates
            and both arms. Draw n - 1 of n examples (in each class, if stratified): draws of n make the variance too
            small by (n - 1) / n.
        examples_df: degrees of freedom of the examples, > 0: their number less the number of strata.

    Agrees with ``components`` on a mean over examples, within the bootstrap's own error of about sqrt(2 / B).

    Raises:
        ValueError: shapes that do not fit, a value that is not finite, or degrees of freedom that are not positive.
    """
    rows, drawn = finite_vector(values), np.asarray(resamples, dtype=np.float64)
    if drawn.ndim != 2 or len(drawn) != len(rows) or drawn.shape[1] < 2 or not np.isfinite(drawn).all():
        raise ValueError(f"expected finite resamples ({len(rows)}, resamples >= 2), got shape {drawn.shape}")
    if not examples_df > 0:
        raise ValueError(f"examples_df must be positive, got {examples_df}")
    centred = drawn - drawn[0, 0]
    of_examples = float(centred.mean(axis=0).var(ddof=1))
    return _split(rows, of_examples, examples_df, float(centred.var(axis=1, ddof=1).mean()))


def _split(rows: NDArray[np.float64], of_examples: float, df: float, of_one: float) -> Components:
    """Components from row means (k,), the examples' variance of their mean, and (on average) that of one row mean.

    With s_b^2 the examples' variance that replicates share and s_e^2 the one that they do not share, ``of_one`` is
    (s_b^2 + s_e^2) / n and ``of_examples`` (s_b^2 + s_e^2 / k) / n: their difference is the residual's (k - 1) / k.
    """
    k, mean = len(rows), float(rows.mean())
    if k == 1:
        return Components(mean, of_examples, df, math.nan, math.nan, k)
    residual = max(0.0, of_one - of_examples) * k / (k - 1)
    return Components(mean, of_examples, df, float((rows - rows[0]).var(ddof=1)), residual, k)


def _by_stratum(
    scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The part of each stratum in the variance of each row's mean, (rows, strata), and the sizes of the strata."""
    names, sizes = np.unique(labels, return_counts=True)
    if sizes.min() < 2:
        raise ValueError("every stratum needs at least two examples")
    within = [scores[:, labels == name].var(axis=1, ddof=1) for name in names]
    return np.stack(within, axis=1) * sizes / len(labels) ** 2, sizes
