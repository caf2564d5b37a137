"""Computes the intervals of many comparisons at once: the table's own, and other common intervals.

Arrays in, arrays out, so that thousands of comparisons take seconds; a test compares the results with
``IntervalRule``, which the table uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.analysis.comparison.arms import Numbers

IntervalName: TypeAlias = Literal["wider", "two_components", "replicates", "examples", "bootstrap", "redrawn"]

WIDER: IntervalName = "wider"
TWO_COMPONENTS: IntervalName = "two_components"
REPLICATES: IntervalName = "replicates"
EXAMPLES: IntervalName = "examples"
BOOTSTRAP: IntervalName = "bootstrap"
REDRAWN: IntervalName = "redrawn"

_RESAMPLES = 1000
"""Number of bootstrap resamples of the replicates, the same for all comparisons of k replicates."""

Bounds = tuple[Numbers, Numbers]
"""Lower and upper bounds of m intervals, (m,) and (m,)."""


@dataclass(frozen=True, eq=False)
class ExampleVariance:
    """The variance due to the test examples, for m comparisons.

    Args:
        of_mean: (m,), variance of the mean over all replicates.
        df: (m,), its degrees of freedom.
        of_one: (m,), variance of a single replicate's mean, averaged over the replicates.
    """

    of_mean: Numbers
    df: Numbers
    of_one: Numbers


def by_images(scores: Numbers, sizes: Sequence[int]) -> ExampleVariance:
    """Returns the variance of single examples' scores.

    Args:
        scores: (m, k, n), sorted by class.
        sizes: number of examples of each class, at least two; a single number where classes are not strata.
    """
    of_classes, of_each = (_by_class(each, sizes) for each in (scores.mean(axis=1), scores))
    of_mean, freedom = of_classes.sum(axis=-1), np.asarray(sizes) - 1.0
    spread = (of_classes**2 / freedom).sum(axis=-1)
    df = np.divide(of_mean**2, spread, out=np.full(len(scores), freedom.sum()), where=spread > 0)
    return ExampleVariance(of_mean, df, of_each.sum(axis=-1).mean(axis=1))


def by_resamples(resamples: Numbers, df: float) -> ExampleVariance:
    """Returns the variance of scores on b resamples (m, k, b) of a test set; ``df`` are its degrees of freedom."""
    of_mean: Numbers = resamples.mean(axis=1).var(axis=-1, ddof=1)
    of_one: Numbers = resamples.var(axis=-1, ddof=1).mean(axis=1)
    return ExampleVariance(of_mean, np.full(len(resamples), df), of_one)


def _by_class(scores: Numbers, sizes: Sequence[int]) -> Numbers:
    """The part of each class (..., classes) in the variance of the mean of scores (..., n)."""
    n, starts = np.asarray(sizes), np.cumsum([0, *sizes[:-1]])
    centred = scores - scores[..., :1]
    sums, squares = (np.add.reduceat(each, starts, axis=-1) for each in (centred, centred**2))
    part: Numbers = np.maximum(0, squares - sums**2 / n) / (n - 1) * n / n.sum() ** 2
    return part


def two_components(values: Numbers, examples: ExampleVariance, level: float) -> Bounds:
    """Returns the interval of ``ablation.stats.components`` for values (m, k)."""
    k, of_rows = values.shape[1], values.var(axis=1, ddof=1)
    residual = np.maximum(0, examples.of_one - examples.of_mean) * k / (k - 1)
    variance = examples.of_mean + np.maximum(0, of_rows - residual) / k
    spread = examples.of_mean**2 / examples.df + (of_rows / k) ** 2 / (k - 1)
    df = np.divide(variance**2, spread, out=np.zeros(len(values)), where=spread > 0)
    return _about(values, np.sqrt(variance), np.maximum(k - 1, df), level)


def replicates_alone(values: Numbers, level: float) -> Bounds:
    """Returns Student's paired t interval over the replicates of values (m, k)."""
    return redrawn(values, 0.0, level)


def redrawn(values: Numbers, test_to_train: float, level: float) -> Bounds:
    """Returns Nadeau and Bengio's corrected t interval over values (m, k)."""
    k = values.shape[1]
    error = values.std(axis=1, ddof=1) * np.sqrt(1 / k + test_to_train)
    return _about(values, error, np.full(len(values), k - 1.0), level)


def _wider(one: Bounds, other: Bounds) -> Bounds:
    """Returns the wider of two intervals with the same centres."""
    return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])


def examples_alone(values: Numbers, examples: ExampleVariance, level: float) -> Bounds:
    """Returns Student's t interval over the test examples' means over the replicates of values (m, k)."""
    return _about(values, np.sqrt(examples.of_mean), examples.df, level)


def bootstrap(values: Numbers, level: float, generator: np.random.Generator) -> Bounds:
    """Returns the percentile bootstrap interval over the replicates of values (m, k)."""
    k = values.shape[1]
    weights = generator.multinomial(k, np.full(k, 1 / k), _RESAMPLES) / k
    low, high = np.quantile(values @ weights.T, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return low, high


def _about(values: Numbers, error: Numbers, df: Numbers, level: float) -> Bounds:
    from scipy.stats import t as student

    mean: Numbers = values.mean(axis=1)
    reach: Numbers = student.ppf((1 + level) / 2, df) * error
    return mean - reach, mean + reach


@dataclass(frozen=True)
class Intervals:
    """The intervals to be compared.

    Args:
        test_to_train: number of test over number of training images, where every replicate redraws both; else None.
        level: confidence level.
    """

    test_to_train: float | None
    level: float

    def used(self, has_examples: bool) -> IntervalName:
        """Returns the name of the table's own interval, as ``IntervalRule`` chooses it."""
        if self.test_to_train is not None:
            return REDRAWN
        return WIDER if has_examples else REPLICATES

    def bounds(
        self, values: Numbers, examples: ExampleVariance | None, generator: np.random.Generator
    ) -> dict[IntervalName, Bounds]:
        """Returns the bounds of m comparisons by every interval that their data allow, the table's first.

        Args:
            values: (m, k), the difference of each replicate.
            examples: the variance of the test examples; None where it is unknown.
        """
        of_replicates = replicates_alone(values, self.level)
        bounds: dict[IntervalName, Bounds]
        if self.test_to_train is not None:
            bounds = {REDRAWN: redrawn(values, self.test_to_train, self.level), REPLICATES: of_replicates}
        elif examples is None:
            bounds = {REPLICATES: of_replicates}
        else:
            both = two_components(values, examples, self.level)
            bounds = {WIDER: _wider(both, of_replicates), TWO_COMPONENTS: both, REPLICATES: of_replicates}
            bounds[EXAMPLES] = examples_alone(values, examples, self.level)
        return bounds | {BOOTSTRAP: bootstrap(values, self.level, generator)}


def joined(batches: Sequence[dict[IntervalName, Bounds]]) -> dict[IntervalName, Bounds]:
    """Returns the intervals of several batches of comparisons as one."""

    def column(name: IntervalName, side: int) -> NDArray[np.float64]:
        return np.concatenate([batch[name][side] for batch in batches])

    return {name: (column(name, 0), column(name, 1)) for name in batches[0]}
