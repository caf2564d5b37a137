"""The t interval against SciPy's t distribution, and the wider of two intervals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from ablation.stats.interval import t_interval, wider_interval


@given(st.floats(-9, 9), st.floats(0.1, 5), st.floats(0.5, 200), st.sampled_from([0.8, 0.95, 0.99]))
def test_bounds_and_p_are_those_of_the_t_distribution(mean: float, error: float, df: float, level: float) -> None:
    interval = t_interval(mean, 1.0, 4, error, df, level)
    assert (interval.low, interval.high) == pytest.approx(student.interval(level, df, mean, error))
    assert interval.p == pytest.approx(2 * student.sf(abs(mean) / error, df))
    assert interval.excludes(0) == (interval.p < 1 - level)


def test_without_degrees_of_freedom_there_is_a_mean_alone() -> None:
    interval = t_interval(1.0, math.nan, 1, math.nan, 0.0)
    assert interval.mean == 1
    assert not interval.known
    assert not interval.excludes(0)


def test_the_wider_interval_has_the_larger_p_of_the_two() -> None:
    narrow, wide = t_interval(1.0, 1.0, 4, 0.3, 50), t_interval(1.0, 1.0, 4, 0.4, 50)
    for pair in ((narrow, wide), (wide, narrow)):
        assert wider_interval(*pair) == wide
    many, few = t_interval(9.0, 1.0, 4, 2.0, 1000, 0.5), t_interval(9.0, 1.0, 4, 1.9, 2, 0.5)
    assert wider_interval(many, few).p == max(many.p, few.p)
