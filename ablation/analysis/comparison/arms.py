"""Arms: the scores of a variant over its replicates, or a linear combination of several variants' scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.metric import Metric, Predicted, Weights
from ablation.stats.components import Components, components, resampled_components

Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Arm:
    """Scores of k replicates.

    Args:
        values: (k,), the score of each replicate on the whole test set.
        examples: (k, n), scores of single test examples, whose row means are the values; None where the score is not a
            mean over examples, or where each replicate has its own test set.
        resamples: (k, b), the score on b bootstrap resamples of the test examples, the same resamples for every arm;
            None unless the score is a function of the whole test set.
        strata: (n,), the class of each example where the score weights classes equally; else None.
        examples_df: degrees of freedom of the examples' variance that the resamples estimate.
    """

    values: Numbers
    examples: Numbers | None = None
    resamples: Numbers | None = None
    strata: NDArray[np.int64] | None = None
    examples_df: float = 0.0

    @property
    def has_examples(self) -> bool:
        """Whether the variance of the test examples can be estimated."""
        return self.examples is not None or self.resamples is not None

    def components(self) -> Components:
        """Returns the variance of the mean, split into that of the test examples and that of the method.

        Raises:
            ValueError: the arm has no scores of examples or resamples.
        """
        if self.examples is not None:
            return components(self.examples, self.strata)
        if self.resamples is None:
            raise ValueError("an arm without examples has no components")
        return resampled_components(self.values, self.resamples, self.examples_df)


def arm_of(values: Numbers, predicted: Sequence[Predicted], of: Metric, weights: Callable[[], Weights]) -> Arm:
    """Returns the arm of k replicates that share one test set.

    Args:
        values: (k,), raw scores.
        predicted: one for each replicate, all of the same n examples in the same order.
        weights: returns the bootstrap weights of the examples, the same for every arm; called only where needed.
    """
    labels = predicted[0].labels
    sizes = np.unique(labels, return_counts=True)[1].astype(np.float64)
    if of.per_example is None:
        resamples = np.stack([of.weighted(each, weights()) for each in predicted])
        return Arm(values, resamples=resamples, examples_df=_df(sizes) if of.by_class else len(labels) - 1.0)
    examples = np.stack([of.per_example(each) for each in predicted])
    if examples.shape[1] < 2:
        return Arm(values)  # a single example has no variance, nor has one of a class
    return Arm(values, examples=examples, strata=labels if of.by_class and sizes.min() > 1 else None)


def _df(sizes: Numbers) -> float:
    """Satterthwaite's degrees of freedom of a score that weights classes equally, for equal variance in all classes.

    The rarest class dominates: a class of 5 beside a class of 200 gives about 4, not 203.
    """
    parts, freedom = 1 / sizes, np.maximum(sizes - 1, 1.0)
    return float(parts.sum() ** 2 / (parts**2 / freedom).sum())


def combined(parts: Sequence[tuple[float, Arm]]) -> Arm:
    """Returns the sum of (weight, arm) pairs, at least one; all have the same replicates and test examples."""

    def summed(arrays: Sequence[Numbers]) -> Numbers:
        total: Numbers = sum((weight * array for (weight, _), array in zip(parts, arrays, strict=True)), np.zeros(1))
        return total

    first = parts[0][1]
    examples = [arm.examples for _, arm in parts if arm.examples is not None]
    resamples = [arm.resamples for _, arm in parts if arm.resamples is not None]
    return Arm(
        values=summed([arm.values for _, arm in parts]),
        examples=summed(examples) if len(examples) == len(parts) else None,
        resamples=summed(resamples) if len(resamples) == len(parts) else None,
        strata=first.strata,
        examples_df=first.examples_df,
    )


def difference(new: Arm, old: Arm) -> Arm:
    """Returns new minus old, for each replicate and each example."""
    return combined([(1.0, new), (-1.0, old)])
