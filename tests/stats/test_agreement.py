"""Agreement of order and of sign."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.stats.agreement import order_agreement, sign_agreement
from ablation.stats.wins import exact_share


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=8))
def test_the_order_agrees_as_counted_pair_by_pair(pairs):
    first, second = zip(*pairs, strict=True)
    signs = [(np.sign(b[0] - a[0]), np.sign(b[1] - a[1])) for a, b in combinations(pairs, 2)]
    untied = [sum(sign[side] != 0 for sign in signs) for side in (0, 1)]
    tau = order_agreement(first, second)
    if 0 in untied:
        assert math.isnan(tau)
    else:
        assert tau == pytest.approx(sum(a * b for a, b in signs) / math.sqrt(untied[0] * untied[1]))


def test_one_rung_has_no_order():
    assert math.isnan(order_agreement([3.0], [1.0]))


def test_signs_agree_where_every_experiment_says_the_same():
    gains = [[1.0, 2.0, -1.0, 0.0, 3.0], [0.5, -2.0, -3.0, 1.0, 1.0], [2.0, 1.0, -0.1, 1.0, 2.0]]
    assert sign_agreement(gains) == exact_share(3, 4)


def test_experiments_that_say_nothing_agree_on_nothing():
    assert sign_agreement([[0.0], [1.0]]) == exact_share(0, 0)


@pytest.mark.parametrize("gains", [[[1.0, 2.0]], [1.0, 2.0], [[1.0], [math.nan]]])
def test_a_single_experiment_and_holes_are_refused(gains):
    with pytest.raises(ValueError, match="expected finite gains"):
        sign_agreement(gains)
