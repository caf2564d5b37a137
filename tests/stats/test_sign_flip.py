"""The sign-flip test: SciPy's permutation test, printed examples, its corners."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from ablation.stats.sign_flip import sign_flip

SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]

tenths = st.integers(-30, 30).map(lambda tenth: tenth / 10)


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
