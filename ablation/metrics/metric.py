"""What a metric is: its name, unit and direction, and one formula over weighted examples, such as a bootstrap's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

ClassProbabilities: TypeAlias = NDArray[np.float32]
ClassIndices: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True)
class Predicted:
    """What was predicted of some examples, and what they are.

    Args:
        probabilities: (n, classes) float32, rows summing to 1, n >= 1.
        labels: (n,) int64 in 0..classes-1; a class may be absent.
        decisions: (n,) int64, the class predicted for each example: the most probable one, unless a threshold decides.
        positive: the class that binary metrics score; None where none is named.

    Raises:
        ValueError: a probability is NaN or infinite, which a ranking would silently put first or last.
    """

    probabilities: ClassProbabilities
    labels: ClassIndices
    decisions: ClassIndices
    positive: int | None = None

    def __post_init__(self) -> None:
        if not np.isfinite(self.probabilities).all():
            raise ValueError("the probabilities contain NaN or infinity")

    @classmethod
    def of(cls, probabilities: ClassProbabilities, labels: ClassIndices, positive: int | None = None) -> Self:
        """Examples whose decisions are their most probable classes."""
        return cls(probabilities, labels, probabilities.argmax(axis=1), positive)


Weighted: TypeAlias = Callable[[Predicted, Weights], Scores]
"""Takes n examples and weights (resamples, n), and returns scores (resamples,)."""
PerExample: TypeAlias = Callable[[Predicted], Scores]
"""Takes n examples and returns the score of each, (n,)."""


@dataclass(frozen=True)
class Metric:
    """A named score.

    A class without an example in a resample is left out of every average over classes: neither its recall nor its
    ranking is defined, and a score that counted it as 0 would change with the split. Predicting such a class still
    costs the class that was missed.

    Args:
        name: as experiment files and columns write it.
        label: as tables show it.
        unit: ``points`` for proportions, shown times 100; ``nats``; empty for a plain number.
        higher_is_better: the direction; a gain is positive when better.
        weighted: the only formula. Takes n examples and how often each stands in each resample, (resamples, n) int32,
            >= 0, with a positive sum in every row; returns the raw score of each resample, (resamples,) float64: a
            proportion in 0..1 where the unit is points, NaN where the score is not defined. A weight of 2 equals the
            example repeated.
        per_example: the score of each example, (n,) float64, whose plain mean is the metric's value; None for a
            function of the whole set, such as macro F1 or AUROC, whose intervals come from a bootstrap.
        per_epoch: whether every epoch records it, on val; other metrics are added where the recipe monitors them.
        epoch_name: its name in an epoch's record; empty for ``name``.
        by_class: every class has the same weight, however many examples it has. The examples of a class are then a
            stratum: resamples of the test set keep their number.
        position: the only class whose examples count; None for all. ``per_example`` then returns the scores of that
            class's examples.
        needs_positive: whether it is undefined without a positive class.
        for_verdicts: whether it may be the metric of an experiment.
        order: its place in lists of metrics: smaller first, equal ones by name.
    """

    name: str
    label: str
    unit: str
    higher_is_better: bool
    weighted: Weighted = field(repr=False, compare=False)
    per_example: PerExample | None = field(default=None, repr=False, compare=False)
    per_epoch: bool = False
    epoch_name: str = ""
    by_class: bool = False
    position: int | None = None
    needs_positive: bool = False
    for_verdicts: bool = True
    order: int = 1000

    def value(self, predicted: Predicted) -> float:
        """The raw score of the examples as they are: the formula with every weight 1."""
        once = np.ones((1, len(predicted.labels)), dtype=np.int32)
        return float(self.weighted(predicted, once)[0])

    @property
    def scale(self) -> float:
        """What a raw score is multiplied by to be shown."""
        return 100.0 if self.unit == "points" else 1.0

    @property
    def gain_scale(self) -> float:
        """What a raw difference is multiplied by to be shown as a gain, positive when better."""
        return self.scale if self.higher_is_better else -self.scale

    @property
    def name_in_epochs(self) -> str:
        """Its name in an epoch's record."""
        return self.epoch_name or self.name


def mean_weighted(examples: Scores, weights: Weights) -> Scores:
    """The mean of examples (n,) under weights (resamples, n), (resamples,); NaN where all weights are 0."""
    return quotient(weights @ examples, weights.sum(axis=1), np.nan)


def quotient(part: Scores, whole: Scores | Weights, otherwise: float) -> Scores:
    """Part over whole, or ``otherwise`` where the whole is 0."""
    ratio: Scores = np.divide(part, whole, out=np.full(part.shape, otherwise), where=whole > 0)
    return ratio


def mean_of_examples(per_example: PerExample) -> Weighted:
    """The formula of a metric that is a mean over examples."""
    return lambda predicted, weights: mean_weighted(per_example(predicted), weights)


def bootstrap_weights(labels: ClassIndices, resamples: int, generator: np.random.Generator, by_class: bool) -> Weights:
    """How often each bootstrap resample holds each example, (resamples, n).

    Draws n - 1 of n examples, of each class where the draws are by class. The spread of a mean over such resamples is
    its standard error; draws of n would understate it, by a tenth in a class of five.

    Use the same weights for every replicate and both arms of a comparison, since those share their test examples.

    Args:
        labels: (n,) int64 in 0..classes-1.
        by_class: whether each class is resampled apart.
    """
    strata = [np.flatnonzero(labels == label) for label in np.unique(labels)] if by_class else [np.arange(len(labels))]
    weights = np.zeros((resamples, len(labels)), dtype=np.int32)
    for members in strata:
        drawn = generator.integers(len(members), size=(resamples, max(1, len(members) - 1)))
        weights[:, members] = [np.bincount(each, minlength=len(members)) for each in drawn]
    return weights
