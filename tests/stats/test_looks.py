"""Looking more than once: the printed rates, one look as the test itself, and splitting that pays."""

from __future__ import annotations

import math

import pytest

from ablation.stats.looks import COMPARISONS, false_positive_rate, split_alpha

ERROR = math.sqrt(0.05 * 0.95 / COMPARISONS)


@pytest.mark.parametrize(("last", "expected"), [(5, 0.10), (20, 0.23)])
def test_peeking_after_every_replicate_from_three_on_costs_its_printed_price(last, expected):
    looks = range(3, last + 1)
    assert round(false_positive_rate(looks, [0.05] * len(looks)), 2) == expected


@pytest.mark.parametrize(("n", "alpha"), [(2, 0.05), (5, 0.05), (10, 0.01)])
def test_one_look_has_its_alpha(n, alpha):
    assert false_positive_rate([n], [alpha]) == pytest.approx(alpha, abs=3 * ERROR)


def test_an_equal_split_keeps_the_whole_under_alpha():
    looks = (5, 10, 20)
    rate = false_positive_rate(looks, [split_alpha(0.05, 3)] * 3)
    assert 0.035 < rate < 0.05


def test_the_same_question_has_the_same_answer():
    assert false_positive_rate((5, 10), (0.02, 0.03)) == false_positive_rate((5, 10), (0.02, 0.03))


@pytest.mark.parametrize(("looks", "alphas"), [([], []), ([1], [0.05]), ([5, 5], [0.05, 0.05]), ([5, 10], [0.05])])
def test_looks_that_do_not_rise_are_refused(looks, alphas):
    with pytest.raises(ValueError, match="rising looks"):
        false_positive_rate(looks, alphas)


def test_no_look_is_no_split():
    with pytest.raises(ValueError, match="at least one look"):
        split_alpha(0.05, 0)
