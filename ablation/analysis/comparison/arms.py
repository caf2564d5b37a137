"""Arms: the scores of a variant over its replicates, or a linear combination of several variants' scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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


def combined(parts: Sequence[tuple[float, Arm]]) -> Arm:
    """Returns the weighted sum of arms with the same replicates and test examples.

    Args:
        parts: (weight, arm), at least one.
    """
    first = parts[0][1]
    arms = [arm for _, arm in parts]

    def summed(arrays: Sequence[Numbers]) -> Numbers:
        total: Numbers = sum((weight * array for (weight, _), array in zip(parts, arrays, strict=True)), np.zeros(1))
        return total

    examples = [arm.examples for arm in arms if arm.examples is not None]
    resamples = [arm.resamples for arm in arms if arm.resamples is not None]
    return Arm(
        values=summed([arm.values for arm in arms]),
        examples=summed(examples) if len(examples) == len(arms) else None,
        resamples=summed(resamples) if len(resamples) == len(arms) else None,
        strata=first.strata,
        examples_df=first.examples_df,
    )


def difference(new: Arm, old: Arm) -> Arm:
    """Returns new minus old, for each replicate and each example."""
    return combined([(1.0, new), (-1.0, old)])
