"""The words of a verdict, in the order in which they fire."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.comparison import Comparison, IntervalRule, compared
from ablation.analysis.verdict.verdict import (
    ControlDiffers,
    Faulty,
    NeedsMore,
    NotAdjusted,
    Rules,
    SmallClass,
    control_verdict,
    verdict,
)

RULES = Rules(margin=2.0, alpha=0.05)


def found(differences: list[float], margin: float = 2.0) -> Comparison:
    """The comparison of two arms that differ so, its p its own adjusted one."""
    old = np.full(len(differences), 80.0)
    each = compared(Arm(old), Arm(old + differences), IntervalRule(None), margin, 0.05, 0.05)
    return dataclasses.replace(each, adjusted=each.interval.p)


CLEAR = [3.0, 3.1, 2.9, 3.2, 2.8]


@pytest.mark.parametrize(
    ("differences", "word"),
    [
        (CLEAR, "gain"),
        ([1.0, 1.1, 0.9, 1.2, 0.8], "small gain"),
        ([2.0, 2.1, 1.9, 2.2, 1.8], "small gain"),
        ([-3.0, -3.1, -2.9, -3.2, -2.8], "loss"),
        ([-1.0, -1.1, -0.9, -1.2, -0.8], "small loss"),
        ([0.4, -0.5, 0.3, -0.2, 0.1], "equivalent"),
        ([6.0, -5.0, 4.0, -3.0, 2.0], "inconclusive"),
        (CLEAR[:4], "too few runs"),
    ],
)
def test_a_comparison_gets_the_first_word_that_fires(differences: list[float], word: str) -> None:
    assert verdict(found(differences), RULES).word == word


def test_a_mean_at_the_margin_is_a_small_gain_whatever_rounding_does_to_it() -> None:
    differences = [0.6, 0.8, 0.1, 0.8, 0.4, 0.3]  # the golden ladder's last step: a mean of .5
    assert verdict(found(differences, 0.5), Rules(0.5, 0.05)).word == "small gain"


def test_what_is_invalid_says_so_before_anything_else() -> None:
    faults = (ControlDiffers("A/A"),)
    invalid = verdict(found(CLEAR), dataclasses.replace(RULES, faults=faults))
    assert (invalid.word, invalid.reason) == ("invalid", Faulty(faults))
    assert (verdict(None, RULES).word, verdict(None, RULES).reason) == ("invalid", "runs_missing")


def test_a_metric_without_a_verdict_here_gives_its_reason_in_place_of_a_word() -> None:
    small = SmallClass("a", 2, "macro F1")
    silent = verdict(found(CLEAR), dataclasses.replace(RULES, too_small=small))
    assert (silent.word, silent.reason) == ("", small)


def test_new_trainings_agree_but_new_images_may_not() -> None:
    generator = np.random.default_rng(0)
    images = generator.normal(0.8, 6.0, size=40)  # every training sees the same few images win and lose
    examples = images + generator.normal(0, 0.1, size=(6, 40))
    arm = Arm(examples.mean(axis=1), examples=examples)
    zero = Arm(np.zeros(6), examples=np.zeros((6, 40)))
    each = compared(zero, arm, IntervalRule(None), 2.0, 0.05, 0.05)
    each = dataclasses.replace(each, adjusted=each.interval.p)
    assert each.replicates.excludes(0.0)
    assert not each.interval.excludes(0.0)
    assert verdict(each, RULES).word == "this test set only"


def test_a_gain_that_adjustment_takes_away_is_inconclusive_and_says_so() -> None:
    each = dataclasses.replace(found([6.0, 9.0, 2.0, 7.0, 1.0]), adjusted=0.06)
    assert each.interval.excludes(0.0)
    judged = verdict(each, RULES)
    assert (judged.word, judged.reason) == ("inconclusive", NotAdjusted(0.05))


def test_inconclusive_says_how_many_more_replicates_it_would_take() -> None:
    each = found([6.0, -5.0, 4.0, -3.0, 2.0])
    assert each.needed is not None
    assert verdict(each, RULES).reason == NeedsMore(2.0, each.needed - 5)


def test_inconclusive_says_where_no_number_of_replicates_would_do() -> None:
    hopeless = dataclasses.replace(found([6.0, -5, 4, -3, 2]), needed=None)
    assert verdict(hopeless, RULES).reason == NeedsMore(2.0, None)


def test_without_a_margin_nothing_is_small_and_nothing_equivalent() -> None:
    rules = Rules(math.nan, 0.05)
    assert verdict(found([1.0, 1.1, 0.9, 1.2, 0.8], math.nan), rules).word == "gain"
    assert verdict(found([0.4, -0.5, 0.3, -0.2, 0.1], math.nan), rules).word == "inconclusive"


@pytest.mark.parametrize(
    ("differences", "same", "word"),
    [
        ([0.0] * 5, True, "identical"),
        ([0.0] * 5, False, "invalid"),
        (CLEAR, None, "invalid"),
        ([0.4, -0.5, 0.3, -0.2, 0.1], None, "equivalent"),
    ],
)
def test_a_control_is_identical_or_the_table_is_not_to_be_trusted(
    differences: list[float], same: bool | None, word: str
) -> None:
    assert control_verdict(found(differences), RULES, same).word == word
