"""Signs: printed bounds of wins and their tails, agreement of signs, and SciPy's permutation test."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, permutation_test

from ablation.stats.signs import exact_share, sign_agreement, sign_flip, wins

SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]

tenths = st.integers(-30, 30).map(lambda tenth: tenth / 10)


def test_exact_bounds_of_wins():
    all_won = wins(np.ones(5))
    assert (all_won.won, all_won.of, round(all_won.low, 5), all_won.high) == (5, 5, 0.47818, 1)
    most = wins(np.r_[np.ones(45), -np.ones(5)])
    assert (round(most.low, 5), round(most.high, 5)) == (0.78186, 0.96672)


def test_ties_count_for_neither_side():
    assert (wins([0.0, 1.0, -1.0, 2.0]).won, wins([0.0, 1.0, -1.0, 2.0]).of) == (2, 3)
    assert wins([0.0, 0.0]).of == 0


def test_bounds_of_wins_have_the_tails_they_promise():
    seen = wins(np.r_[np.ones(7), -np.ones(3)])
    assert binom.sf(6, 10, seen.low) == pytest.approx(0.025)
    assert binom.cdf(7, 10, seen.high) == pytest.approx(0.025)


def test_signs_agree_where_every_experiment_says_the_same():
    gains = [[1.0, 2.0, -1.0, 0.0, 3.0], [0.5, -2.0, -3.0, 1.0, 1.0], [2.0, 1.0, -0.1, 1.0, 2.0]]
    assert sign_agreement(gains) == exact_share(3, 4)


def test_experiments_that_say_nothing_agree_on_nothing():
    assert sign_agreement([[0.0], [1.0]]) == exact_share(0, 0)


@pytest.mark.parametrize("gains", [[[1.0, 2.0]], [1.0, 2.0], [[1.0], [math.nan]]])
def test_a_single_experiment_and_holes_are_refused(gains):
    with pytest.raises(ValueError, match="expected finite gains"):
        sign_agreement(gains)


@given(st.lists(tenths, min_size=2, max_size=8))
def test_sign_flips_agree_with_scipys_permutation_test(differences):
    found = permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True)
    assert sign_flip(differences) == pytest.approx(found.pvalue)


@given(st.lists(tenths, min_size=1, max_size=10), st.randoms())
def test_order_and_swapped_arms_do_not_matter_to_sign_flips(differences, random):
    shuffled = random.sample(differences, len(differences))
    assert sign_flip(differences) == sign_flip(shuffled) == sign_flip([-each for each in differences])


def test_sign_flips_at_their_ends():
    assert sign_flip([0.0, 0.0, 0.0]) == 1
    assert sign_flip(np.arange(1.0, 6.0)) == 2 ** (1 - 5)
    started = time.perf_counter()
    assert sign_flip(np.full(20, 0.1)) == 2 ** (1 - 20)
    assert time.perf_counter() - started < 1
    with pytest.raises(ValueError, match="at most 20"):
        sign_flip(np.ones(21))


def test_sign_flips_of_the_references(golden):
    assert sign_flip(SLEEP) == pytest.approx(4 / 1024)
    assert sign_flip(golden[3] - golden[2]) == pytest.approx(0.03125)
    assert sign_flip([3.0]) == 1
