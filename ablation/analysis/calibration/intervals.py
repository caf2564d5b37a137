"""The intervals of many comparisons at once: the table's own, and other intervals in use.

Arrays in, arrays out, so that thousands of comparisons take seconds; a test compares the table's interval with
``Ruler``, which the table uses.
"""

from __future__ import annotations

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
"""Bootstrap resamples of the replicates, the same for all comparisons of k."""

Bounds = tuple[Numbers, Numbers]
"""Lowest and highest value of each of m intervals, (m,) and (m,)."""


@dataclass(frozen=True, eq=False)
class ExampleVariance:
    """What the test examples say of m comparisons.

    Args:
        of_mean: (m,), their variance of the mean over all replicates.
        df: (m,), its degrees of freedom.
        of_one: (m,), their variance of a single replicate's mean, averaged over the replicates.
    """

    of_mean: Numbers
    df: Numbers
    of_one: Numbers


def by_images(scores: Numbers, sizes: Sequence[int]) -> ExampleVariance:
    """What single examples say.

    Args:
        scores: (m, k, n), class after class.
        sizes: examples of each class, two at least; a single one where classes are no strata.
    """
    of_classes, of_each = (_by_class(each, sizes) for each in (scores.mean(axis=1), scores))
    of_mean, freedom = of_classes.sum(axis=-1), np.asarray(sizes) - 1.0
    spread = (of_classes**2 / freedom).sum(axis=-1)
    df = np.divide(of_mean**2, spread, out=np.full(len(scores), freedom.sum()), where=spread > 0)
    return ExampleVariance(of_mean, df, of_each.sum(axis=-1).mean(axis=1))


def by_resamples(resamples: Numbers, df: float) -> ExampleVariance:
    """What resamples (m, k, b) of a test set say, whose examples have so many degrees of freedom."""
    of_mean: Numbers = resamples.mean(axis=1).var(axis=-1, ddof=1)
    of_one: Numbers = resamples.var(axis=-1, ddof=1).mean(axis=1)
    return ExampleVariance(of_mean, np.full(len(resamples), df), of_one)


def _by_class(scores: Numbers, sizes: Sequence[int]) -> Numbers:
    """Each class's part (..., classes) of the variance of the mean of scores (..., n)."""
    n, starts = np.asarray(sizes), np.cumsum([0, *sizes[:-1]])
    centred = scores - scores[..., :1]
    sums, squares = (np.add.reduceat(each, starts, axis=-1) for each in (centred, centred**2))
    part: Numbers = np.maximum(0, squares - sums**2 / n) / (n - 1) * n / n.sum() ** 2
    return part


def two_components(values: Numbers, seen: ExampleVariance, level: float) -> Bounds:
    """The interval of ``ablation.stats.components`` for values (m, k)."""
    k, of_rows = values.shape[1], values.var(axis=1, ddof=1)
    residual = np.maximum(0, seen.of_one - seen.of_mean) * k / (k - 1)
    variance = seen.of_mean + np.maximum(0, of_rows - residual) / k
    spread = seen.of_mean**2 / seen.df + (of_rows / k) ** 2 / (k - 1)
    df = np.divide(variance**2, spread, out=np.zeros(len(values)), where=spread > 0)
    return _about(values, np.sqrt(variance), np.maximum(k - 1, df), level)


def replicates_alone(values: Numbers, level: float) -> Bounds:
    """Student's paired t over the replicates of values (m, k)."""
    return redrawn(values, 0.0, level)


def redrawn(values: Numbers, test_to_train: float, level: float) -> Bounds:
    """Nadeau and Bengio's corrected t over values (m, k)."""
    k = values.shape[1]
    error = values.std(axis=1, ddof=1) * np.sqrt(1 / k + test_to_train)
    return _about(values, error, np.full(len(values), k - 1.0), level)


def _wider(one: Bounds, other: Bounds) -> Bounds:
    """Of two intervals about the same means the one that reaches farther."""
    return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])


def examples_alone(values: Numbers, seen: ExampleVariance, level: float) -> Bounds:
    """Student's t over the test examples, each with its mean over the replicates of values (m, k)."""
    return _about(values, np.sqrt(seen.of_mean), seen.df, level)


def bootstrap(values: Numbers, level: float, generator: np.random.Generator) -> Bounds:
    """The percentile bootstrap over the replicates of values (m, k)."""
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
        test_to_train: where every replicate redraws its test images, their number over that of training images.
        level: confidence level.
    """

    test_to_train: float | None
    level: float

    def used(self, has_examples: bool) -> IntervalName:
        """The name of the table's own interval, as ``Ruler`` picks it."""
        if self.test_to_train is not None:
            return REDRAWN
        return WIDER if has_examples else REPLICATES

    def bounds(
        self, values: Numbers, seen: ExampleVariance | None, generator: np.random.Generator
    ) -> dict[IntervalName, Bounds]:
        """The bounds of m comparisons by every interval that their data allow, the table's first.

        Args:
            values: (m, k), the difference of each replicate.
            seen: what the test examples say; None where nothing is known of them.
        """
        of_replicates = replicates_alone(values, self.level)
        bounds: dict[IntervalName, Bounds]
        if self.test_to_train is not None:
            bounds = {REDRAWN: redrawn(values, self.test_to_train, self.level), REPLICATES: of_replicates}
        elif seen is None:
            bounds = {REPLICATES: of_replicates}
        else:
            both = two_components(values, seen, self.level)
            bounds = {WIDER: _wider(both, of_replicates), TWO_COMPONENTS: both, REPLICATES: of_replicates}
            bounds[EXAMPLES] = examples_alone(values, seen, self.level)
        return bounds | {BOOTSTRAP: bootstrap(values, self.level, generator)}


def joined(batches: Sequence[dict[IntervalName, Bounds]]) -> dict[IntervalName, Bounds]:
    """The intervals of several batches of comparisons as one."""

    def column(name: IntervalName, side: int) -> NDArray[np.float64]:
        return np.concatenate([batch[name][side] for batch in batches])

    return {name: (column(name, 0), column(name, 1)) for name in batches[0]}
