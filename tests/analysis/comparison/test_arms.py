"""Arms: sums are NumPy's, variance the package's components, and resamples say what is known exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ablation.analysis.comparison.arms import Arm, arm_of, combined, difference
from ablation.analysis.comparison.comparison import IntervalRule
from ablation.metrics.metric import Metric, Predicted, bootstrap_weights
from ablation.metrics.per_class import class_accuracy_metric
from ablation.metrics.registry import metric
from ablation.stats.components import components, resampled_components

BALANCED, MACRO_F1 = metric("balanced_accuracy"), metric("macro_f1")
DRAWS = 500


def arm(seed: int, *, resamples: bool = False) -> Arm:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(4, 10))
    return Arm(scores.mean(axis=1), examples=scores, resamples=generator.normal(size=(4, 7)) if resamples else None)


def test_a_weighted_sum_is_that_of_every_array() -> None:
    one, other = arm(0, resamples=True), arm(1, resamples=True)
    total = combined([(2.0, one), (-0.5, other)])
    for name in ("values", "examples", "resamples"):
        assert getattr(total, name) == pytest.approx(2 * getattr(one, name) - getattr(other, name) / 2)


def test_what_one_arm_lacks_their_sum_lacks() -> None:
    total = combined([(1.0, arm(0, resamples=True)), (1.0, Arm(np.zeros(4)))])
    assert (total.examples, total.resamples, total.has_examples) == (None, None, False)


def test_a_difference_is_new_minus_old() -> None:
    old, new = arm(0), arm(1)
    assert difference(new, old).values == pytest.approx(new.values - old.values)


def test_components_are_those_of_the_examples_or_of_the_resamples() -> None:
    one = arm(0, resamples=True)
    assert one.examples is not None
    assert one.resamples is not None
    assert one.components() == components(one.examples)
    resampled = Arm(one.values, resamples=one.resamples, examples_df=9.0)
    assert resampled.components() == resampled_components(one.values, one.resamples, 9.0)


def test_scores_without_examples_have_no_components() -> None:
    with pytest.raises(ValueError, match="no components"):
        Arm(np.arange(3.0)).components()


def labels(rare: int) -> np.ndarray:
    return np.repeat([0, 1], [200, rare])


def trainings(truth: np.ndarray, share: float, generator: np.random.Generator) -> list[Predicted]:
    """Five trainings that find this share of the examples, and mostly the same ones."""
    base = generator.random(len(truth))
    found = []
    for _ in range(5):
        luck = np.where(generator.random(len(truth)) < 0.1, generator.random(len(truth)), base)
        decisions = np.where(luck < share, truth, 1 - truth)
        found.append(Predicted(np.eye(2, dtype=np.float32)[decisions], truth, decisions))
    return found


def scored(predicted: list[Predicted], scored_by: Metric, weights: np.ndarray) -> Arm:
    return arm_of(np.array([scored_by.value(each) for each in predicted]), predicted, scored_by, lambda: weights)


@pytest.mark.parametrize("rare", [5, 50, 200])
def test_resamples_say_of_a_mean_what_its_examples_say(rare: int) -> None:
    truth = labels(rare)
    weights = bootstrap_weights(truth, 4000, np.random.default_rng(1), by_class=True)
    predicted = trainings(truth, 0.6, np.random.default_rng(0))
    exact = scored(predicted, BALANCED, weights)
    of_set = scored(predicted, MACRO_F1, weights)
    resamples = np.stack([BALANCED.weighted(each, weights) for each in predicted])
    same = Arm(exact.values, resamples=resamples, examples_df=of_set.examples_df).components()
    known = exact.components()
    assert same.of_examples == pytest.approx(known.of_examples, rel=0.1)
    assert same.of_examples_df == pytest.approx(known.of_examples_df, rel=0.35)


def test_the_rarest_class_decides_how_much_is_known() -> None:
    weights = bootstrap_weights(labels(5), 10, np.random.default_rng(1), by_class=True)
    found = scored(trainings(labels(5), 0.6, np.random.default_rng(0)), MACRO_F1, weights)
    assert found.examples_df == pytest.approx((1 / 200 + 1 / 5) ** 2 / ((1 / 200) ** 2 / 199 + (1 / 5) ** 2 / 4))


@pytest.mark.slow
@pytest.mark.parametrize("rare", [5, 8, 20])
def test_equal_arms_are_rarely_distinguished_by_macro_f1_however_rare_a_class(rare: int) -> None:
    truth, hits = labels(rare), 0
    weights = bootstrap_weights(truth, 400, np.random.default_rng(1), by_class=True)
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        one, other = (scored(trainings(truth, 0.7, generator), MACRO_F1, weights) for _ in range(2))
        hits += IntervalRule(None).interval(difference(one, other)).excludes(0.0)
    assert hits / DRAWS <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / DRAWS)


def test_of_a_single_image_of_a_class_nothing_is_said_but_by_the_replicates() -> None:
    metric = class_accuracy_metric("b", 1)
    found = scored(trainings(labels(1), 0.6, np.random.default_rng(0)), metric, np.ones((1, 201), dtype=np.int32))
    assert not found.has_examples
