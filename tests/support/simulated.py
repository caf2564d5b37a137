"""Ladders with a known truth, many at a time, and the intervals of all their steps at once.

Written from the formulas rather than from the package, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

Array = NDArray[np.floating]
AT_ONCE = 4_000_000
"""Scores held in memory at a time."""


@dataclass(frozen=True)
class Truth:
    """Standard deviations of what makes a score, in units of one another, and the share correct of each arm.

    Args:
        difficulty: of an example, shared by arms and replicates.
        taste: of an example for an arm, shared by its replicates.
        training: of a replicate of an arm, shared by its examples.
        noise: of one answer.
        correct: of each arm, from the baseline on, 0..1.
    """

    difficulty: float = 1.0
    taste: float = 0.5
    training: float = 0.1
    noise: float = 0.5
    correct: tuple[float, ...] = (0.8, 0.8)

    @property
    def gains(self) -> Array:
        """True step gains, (arms - 1,)."""
        return np.diff(self.correct)


class Model(Protocol):
    def __call__(self, truth: Truth, shape: tuple[int, int, int], generator: np.random.Generator) -> Array: ...


def gaussian(truth: Truth, shape: tuple[int, int, int], generator: np.random.Generator) -> Array:
    """Scores (ladders, arms, k, n) that are sums of normal effects about the arms' shares."""
    return np.asarray(truth.correct)[:, None, None] + _latent(truth, shape, generator)


def answers(truth: Truth, shape: tuple[int, int, int], generator: np.random.Generator) -> Array:
    """Correctness (ladders, arms, k, n) in 0 and 1: right where a sum of normal effects passes the arm's threshold."""
    scale = np.sqrt(truth.difficulty**2 + truth.taste**2 + truth.training**2 + truth.noise**2)
    threshold = scale * norm.ppf(truth.correct)[:, None, None]
    return (_latent(truth, shape, generator) > -threshold).astype(np.float32)


def _latent(truth: Truth, shape: tuple[int, int, int], generator: np.random.Generator) -> Array:
    ladders, k, n = shape
    arms = len(truth.correct)

    def normal(sd: float, *size: int) -> Array:
        return np.float32(sd) * generator.standard_normal(size, dtype=np.float32)

    return (
        normal(truth.difficulty, ladders, 1, 1, n)
        + normal(truth.taste, ladders, arms, 1, n)
        + normal(truth.training, ladders, arms, k, 1)
        + normal(truth.noise, ladders, arms, k, n)
    )


def steps(model: Model, truth: Truth, ladders: int, k: int, n: int, seed: int = 0) -> Iterator[Array]:
    """Step differences (some ladders, arms - 1, k, n), until so many ladders are given."""
    generator = np.random.default_rng(seed)
    size = max(1, AT_ONCE // (len(truth.correct) * k * n))
    for start in range(0, ladders, size):
        yield np.diff(model(truth, (min(size, ladders - start), k, n), generator), axis=1)


@dataclass(frozen=True)
class Moments:
    """Mean, and its variance split, of many matrices of differences (..., k, n) at once; all of the leading shape."""

    mean: Array
    of_rows: Array
    of_examples: Array
    residual: Array
    k: int
    n: int

    @property
    def of_method(self) -> Array:
        return np.maximum(0, self.of_rows - self.residual)


def moments(batches: Iterable[Array]) -> Moments:
    """The split by the two-way table's sums of squares, all batches joined."""
    parts = [_moments(batch.astype(np.float64)) for batch in batches]
    arrays = ("mean", "of_rows", "of_examples", "residual")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays}
    return replace(parts[0], **joined)


def _moments(differences: Array) -> Moments:
    k, n = differences.shape[-2:]
    rows, columns = differences.mean(axis=-1, keepdims=True), differences.mean(axis=-2, keepdims=True)
    mean = differences.mean(axis=(-1, -2), keepdims=True)
    left = ((differences - rows - columns + mean) ** 2).sum(axis=(-1, -2)) / ((k - 1) * (n - 1))
    of_rows, of_examples = rows[..., 0].var(axis=-1, ddof=1), columns[..., 0, :].var(axis=-1, ddof=1) / n
    return Moments(mean[..., 0, 0], of_rows, of_examples, left / n, k, n)


def replicates_only(seen: Moments, alpha: float) -> Array:
    """Half the width of the paired t over replicates."""
    return student.isf(alpha / 2, seen.k - 1) * np.sqrt(seen.of_rows / seen.k)


def examples_only(seen: Moments, alpha: float) -> Array:
    """Half the width of the paired t over examples, replicates averaged."""
    return student.isf(alpha / 2, seen.n - 1) * np.sqrt(seen.of_examples)


def two_components(seen: Moments, alpha: float) -> Array:
    """Half the width of the two-component interval."""
    error, df = error_and_df(seen)
    return student.isf(alpha / 2, df) * error


def cochran_cox(seen: Moments, alpha: float) -> Array:
    """The same variance, but each part brings its own t quantile, weighed by its size (Cochran and Cox 1950)."""
    parts = seen.of_examples, seen.of_method / seen.k
    both = parts[0] * student.isf(alpha / 2, seen.n - 1) + parts[1] * student.isf(alpha / 2, seen.k - 1)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(both / np.sqrt(parts[0] + parts[1]))


def of_the_table(seen: Moments, alpha: float) -> Array:
    """The table's interval: two components, but never narrower than the paired t over replicates."""
    return np.maximum(two_components(seen, alpha), replicates_only(seen, alpha))


def error_and_df(seen: Moments) -> tuple[Array, Array]:
    variance = seen.of_examples + seen.of_method / seen.k
    spread = seen.of_examples**2 / (seen.n - 1) + (seen.of_rows / seen.k) ** 2 / (seen.k - 1)
    with np.errstate(invalid="ignore"):
        df = np.nan_to_num(variance**2 / spread, nan=seen.k - 1)
    return np.sqrt(variance), np.maximum(seen.k - 1, df)


def p_values(seen: Moments) -> Array:
    """Of the table's interval, the larger of two; 1 where the arms are identical."""
    error, df = error_and_df(seen)
    of_replicates = np.sqrt(seen.of_rows / seen.k)
    with np.errstate(invalid="ignore", divide="ignore"):
        both = (student.sf(np.abs(seen.mean) / error, df), student.sf(np.abs(seen.mean) / of_replicates, seen.k - 1))
    return np.nan_to_num(2 * np.maximum(*both), nan=1.0)


def holm_adjusted(p: Array) -> Array:
    """Holm's p-values of many families (families, tests) at once."""
    order = np.argsort(p, axis=1)
    stepwise = np.take_along_axis(p, order, axis=1) * np.arange(p.shape[1], 0, -1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.minimum(np.maximum.accumulate(stepwise, axis=1), 1), axis=1)
    return adjusted
