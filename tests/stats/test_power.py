"""Plans: against statsmodels, by brute force over all counts, and where no count is enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestPower

from ablation.stats.components import Components, components
from ablation.stats.power import (
    chance_to_find,
    replicates_needed,
    replicates_needed_paired,
    smallest_detectable,
)

FOUND = Components(mean=0.01, of_examples=4e-5, of_examples_df=399, of_rows=3e-4, residual=1e-4, k=5)


@given(st.floats(0.2, 3), st.integers(2, 60), st.sampled_from([0.01, 0.05, 0.1]))
def test_the_chance_to_find_is_statsmodels_power(margin, n, alpha):
    expected = TTestPower().power(margin, n, alpha)
    assume(not math.isnan(expected))  # its noncentral t fails here and there
    assert chance_to_find(margin, 1 / math.sqrt(n), n - 1, alpha) == pytest.approx(expected)


@pytest.mark.parametrize("margin", [1e-6, 0.01, 1, 10, 40, 1e3, 1e9])
@pytest.mark.parametrize("df", [1, 2.5, 30, 1e5, 1e9])
def test_the_chance_to_find_is_a_chance_over_the_whole_range(margin, df):
    assert 0 <= chance_to_find(margin, 1.0, df) <= 1


@pytest.mark.parametrize("margin", [0.1, 0.35, 0.5, 1.0, 1.7])
def test_replicates_of_a_paired_t_are_statsmodels_rounded_up(margin):
    expected = math.ceil(TTestPower().solve_power(effect_size=margin, power=0.8, alpha=0.05))
    assert replicates_needed_paired(2.0, 2 * margin) == expected


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20, 100])
def test_the_smallest_detectable_difference_is_statsmodels(n):
    expected = TTestPower().solve_power(nobs=n, power=0.8, alpha=0.05)
    assert smallest_detectable(n) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20, 100])
def test_the_smallest_detectable_difference_needs_the_replicates_it_is_stated_for(n):
    assert replicates_needed_paired(1.0, smallest_detectable(n) * 1.0001) == n


def test_redrawn_splits_have_a_floor_that_no_number_of_replicates_passes():
    floor = math.sqrt(0.25)  # of the error, in SDs
    assert replicates_needed_paired(1.0, 4 * floor, test_to_train=0.25) is not None
    assert replicates_needed_paired(1.0, 2.7 * floor, test_to_train=0.25) is None
    assert replicates_needed_paired(1.0, 2.7 * floor) is not None


@pytest.mark.parametrize("margin", [0.02, 0.025, 0.04, 0.1])
def test_replicates_needed_are_the_first_count_with_the_power(margin):
    def power(k: int) -> float:
        planned = FOUND.at(k)
        return chance_to_find(margin, math.sqrt(planned.variance), planned.df)

    expected = next(k for k in range(2, 1001) if power(k) >= 0.8)
    assert replicates_needed(FOUND, margin) == expected


@given(st.integers(2, 8), st.integers(5, 60), st.integers(0, 1000))
def test_power_of_a_plan_grows_with_the_replicates(k, n, seed):
    """What the search by halves stands on."""
    generator = np.random.default_rng(seed)
    found = components(generator.normal(0, 0.2, (k, 1)) + generator.normal(0, 0.5, n) + generator.normal(0, 1, (k, n)))
    margin = 3 * math.sqrt(found.at(8).variance)
    chances = [chance_to_find(margin, math.sqrt(found.at(c).variance), found.at(c).df) for c in range(2, 40)]
    assert (np.diff(chances) > -1e-3).all()


def test_without_noise_of_examples_the_plan_is_the_paired_one():
    plain = Components(mean=0.0, of_examples=0.0, of_examples_df=99, of_rows=4.0, residual=0.0, k=5)
    assert [replicates_needed(plain, margin) for margin in (1, 2, 5)] == [
        replicates_needed_paired(2.0, margin) for margin in (1, 2, 5)
    ]


def test_a_test_set_that_is_too_small_is_said_to_be():
    margin = 2.5 * math.sqrt(FOUND.lasting)
    assert replicates_needed(FOUND, margin) is None


def test_identical_arms_need_the_fewest():
    assert replicates_needed(components(np.zeros((3, 5))), 0.01) == 2
    assert replicates_needed_paired(0.0, 0.01) == 2


def test_a_plan_from_one_replicate_or_for_no_margin_is_refused():
    with pytest.raises(ValueError, match="margin > 0 and error >= 0"):
        replicates_needed(components([[0.0, 1.0, 1.0]]), 0.01)
    with pytest.raises(ValueError, match="margin > 0 and error >= 0"):
        replicates_needed(FOUND, 0.0)
    with pytest.raises(ValueError, match="margin > 0 and error >= 0"):
        replicates_needed_paired(math.nan, 1.0)


@pytest.mark.parametrize(("n", "expected"), [(3, 3.26), (5, 1.68), (10, 1.00), (20, 0.66), (30, 0.53)])
def test_smallest_detectable_difference(n, expected):
    assert round(smallest_detectable(n), 2) == expected
