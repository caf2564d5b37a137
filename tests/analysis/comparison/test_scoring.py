"""What resampled test sets say of a score, against what is known exactly, rare classes among them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ablation.analysis.comparison.arms import Arm, difference
from ablation.analysis.comparison.interval_rule import IntervalRule
from ablation.analysis.comparison.scoring import arm_of
from ablation.metrics.bootstrap import bootstrap_weights
from ablation.metrics.metric import Metric, Predicted
from ablation.metrics.per_class import class_accuracy_metric
from ablation.metrics.registry import metric

BALANCED, MACRO_F1 = metric("balanced_accuracy"), metric("macro_f1")
DRAWS = 500


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


def arm(predicted: list[Predicted], scored_by: Metric, weights: np.ndarray) -> Arm:
    return arm_of(np.array([scored_by.value(each) for each in predicted]), predicted, scored_by, lambda: weights)


@pytest.mark.parametrize("rare", [5, 50, 200])
def test_resamples_say_of_a_mean_what_its_examples_say(rare: int) -> None:
    truth = labels(rare)
    weights = bootstrap_weights(truth, 4000, np.random.default_rng(1), by_class=True)
    predicted = trainings(truth, 0.6, np.random.default_rng(0))
    exact = arm(predicted, BALANCED, weights)
    of_set = arm(predicted, MACRO_F1, weights)
    resamples = np.stack([BALANCED.weighted(each, weights) for each in predicted])
    same = Arm(exact.values, resamples=resamples, examples_df=of_set.examples_df).components()
    known = exact.components()
    assert same.of_examples == pytest.approx(known.of_examples, rel=0.1)
    assert same.of_examples_df == pytest.approx(known.of_examples_df, rel=0.35)


def test_the_rarest_class_decides_how_much_is_known() -> None:
    weights = bootstrap_weights(labels(5), 10, np.random.default_rng(1), by_class=True)
    found = arm(trainings(labels(5), 0.6, np.random.default_rng(0)), MACRO_F1, weights)
    assert found.examples_df == pytest.approx((1 / 200 + 1 / 5) ** 2 / ((1 / 200) ** 2 / 199 + (1 / 5) ** 2 / 4))


@pytest.mark.slow
@pytest.mark.parametrize("rare", [5, 8, 20])
def test_equal_arms_are_rarely_told_apart_by_macro_f1_however_rare_a_class(rare: int) -> None:
    truth, hits = labels(rare), 0
    weights = bootstrap_weights(truth, 400, np.random.default_rng(1), by_class=True)
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        one, other = (arm(trainings(truth, 0.7, generator), MACRO_F1, weights) for _ in range(2))
        hits += IntervalRule(None).interval(difference(one, other)).excludes(0.0)
    assert hits / DRAWS <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / DRAWS)


def test_of_a_single_image_of_a_class_nothing_is_said_but_by_the_replicates() -> None:
    metric = class_accuracy_metric("b", 1)
    found = arm(trainings(labels(1), 0.6, np.random.default_rng(0)), metric, np.ones((1, 201), dtype=np.int32))
    assert not found.has_examples
