"""Computes the intervals of many comparisons at once: the table's own, and other common intervals.

Arrays in, arrays out, so that thousands of comparisons take seconds; a test compares the results with
``IntervalRule``, which the table uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import numpy as np

from ablation.analysis.comparison.arms import Numbers

IntervalName: TypeAlias = Literal["wider", "two_components", "replicates", "examples", "bootstrap", "redrawn"]

_RESAMPLES = 1000
"""Number of bootstrap resamples of the replicates, the same for all comparisons of k replicates."""

Bounds = tuple[Numbers, Numbers]
"""Lower and upper bounds of m intervals, (m,) and (m,)."""


@dataclass(frozen=True, eq=False)
class ExampleVariance:
    """The variance due to the test examples, for m comparisons; all (m,).

    Args:
        of_mean: variance of the mean over all replicates, with ``df`` degrees of freedom.
        of_one: variance of a single replicate's mean, averaged over the replicates.
    """

    of_mean: Numbers
    df: Numbers
    of_one: Numbers

    @classmethod
    def of_images(cls, scores: Numbers, sizes: Sequence[int]) -> Self:
        """Returns the variance of single examples' scores.

        Args:
            scores: (m, k, n), sorted by class.
            sizes: number of examples of each class, at least two; a single number where classes are not strata.
        """
        of_classes, of_each = (_by_class(each, sizes) for each in (scores.mean(axis=1), scores))
        of_mean, freedom = of_classes.sum(axis=-1), np.asarray(sizes) - 1.0
        spread = (of_classes**2 / freedom).sum(axis=-1)
        df = np.divide(of_mean**2, spread, out=np.full(len(scores), freedom.sum()), where=spread > 0)
        return cls(of_mean, df, of_each.sum(axis=-1).mean(axis=1))

    @classmethod
    def of_resamples(cls, resamples: Numbers, df: float) -> Self:
        """Returns the variance of scores on b resamples (m, k, b) of a test set with ``df`` degrees of freedom."""
        of_mean, of_each = resamples.mean(axis=1).var(axis=-1, ddof=1), resamples.var(axis=-1, ddof=1)
        return cls(of_mean, np.full(len(resamples), df), of_each.mean(axis=1))


def _by_class(scores: Numbers, sizes: Sequence[int]) -> Numbers:
    """The part of each class (..., classes) in the variance of the mean of scores (..., n)."""
    n, starts = np.asarray(sizes), np.cumsum([0, *sizes[:-1]])
    centred = scores - scores[..., :1]
    sums, squares = (np.add.reduceat(each, starts, axis=-1) for each in (centred, centred**2))
    part: Numbers = np.maximum(0, squares - sums**2 / n) / (n - 1) * n / n.sum() ** 2
    return part


@dataclass(frozen=True)
class Intervals:
    """The intervals to be compared.

    Args:
        test_to_train: number of test over number of training images, where every replicate redraws both; else None.
        level: confidence level.
    """

    test_to_train: float | None
    level: float

    def bounds(
        self, values: Numbers, examples: ExampleVariance | None, generator: np.random.Generator
    ) -> dict[IntervalName, Bounds]:
        """Returns the bounds of m comparisons by every interval that their data allow.

        The first is the table's own, as ``IntervalRule`` chooses it.

        Args:
            values: (m, k), the difference of each replicate.
            examples: the variance of the test examples; None where it is unknown.
        """
        of_replicates = self._redrawn(values, 0.0)
        bounds: dict[IntervalName, Bounds] = {"replicates": of_replicates}
        if self.test_to_train is not None:
            bounds = {"redrawn": self._redrawn(values, self.test_to_train), "replicates": of_replicates}
        elif examples is not None:
            both = self._two_components(values, examples)
            wider = np.minimum(both[0], of_replicates[0]), np.maximum(both[1], of_replicates[1])
            alone = self._about(values, np.sqrt(examples.of_mean), examples.df)
            bounds = {"wider": wider, "two_components": both, "replicates": of_replicates, "examples": alone}
        bounds["bootstrap"] = self._bootstrap(values, generator)
        return bounds

    def _two_components(self, values: Numbers, examples: ExampleVariance) -> Bounds:
        """The interval of ``ablation.stats.components``."""
        k, of_rows = values.shape[1], values.var(axis=1, ddof=1)
        residual = np.maximum(0, examples.of_one - examples.of_mean) * k / (k - 1)
        variance = examples.of_mean + np.maximum(0, of_rows - residual) / k
        spread = examples.of_mean**2 / examples.df + (of_rows / k) ** 2 / (k - 1)
        df = np.divide(variance**2, spread, out=np.zeros(len(values)), where=spread > 0)
        return self._about(values, np.sqrt(variance), np.maximum(k - 1, df))

    def _redrawn(self, values: Numbers, test_to_train: float) -> Bounds:
        """Nadeau and Bengio's corrected t over the replicates; Student's paired t where the ratio is 0."""
        k = values.shape[1]
        error = values.std(axis=1, ddof=1) * np.sqrt(1 / k + test_to_train)
        return self._about(values, error, np.full(len(values), k - 1.0))

    def _about(self, values: Numbers, error: Numbers, df: Numbers) -> Bounds:
        from scipy.stats import t as student

        mean: Numbers = values.mean(axis=1)
        reach: Numbers = student.ppf((1 + self.level) / 2, df) * error
        return mean - reach, mean + reach

    def _bootstrap(self, values: Numbers, generator: np.random.Generator) -> Bounds:
        """The percentile bootstrap over the replicates."""
        k = values.shape[1]
        weights = generator.multinomial(k, np.full(k, 1 / k), _RESAMPLES) / k
        low, high = np.quantile(values @ weights.T, [(1 - self.level) / 2, (1 + self.level) / 2], axis=1)
        return low, high
