"""The tests beside the t: sign flips, equivalence, adjusted families; their corners."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import permutation_test
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from ablation.stats.adjust import benjamini_hochberg, holm
from ablation.stats.paired import paired_t
from ablation.stats.sign_flip import sign_flip

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


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9, unique=True), st.floats(0.1, 5))
def test_a_ninety_per_cent_interval_inside_the_margin_is_statsmodels_equivalence(differences, margin):
    assume(np.std(differences) > 1e-6)
    p = float(ttost_paired(np.array(differences), np.zeros(len(differences)), -margin, margin)[0])
    assume(abs(p - 0.05) > 1e-9)
    interval = paired_t(differences, 0.9)
    assert (-margin < interval.low and interval.high < margin) == (p < 0.05)


def naive_holm(p: list[float]) -> list[float]:
    """The largest of what this p and all smaller ones have to pay."""
    ranked = sorted(p)
    paid = [(len(p) - place) * each for place, each in enumerate(ranked)]
    return [min(1, max(cost for cost, other in zip(paid, ranked, strict=True) if other <= each)) for each in p]


def naive_benjamini_hochberg(p: list[float]) -> list[float]:
    return [min(1, *(len(p) * cut / sum(other <= cut for other in p) for cut in p if cut >= each), 1) for each in p]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_adjusted_families_are_what_their_papers_say(p):
    assert holm(p) == pytest.approx(naive_holm(p))
    assert benjamini_hochberg(p) == pytest.approx(naive_benjamini_hochberg(p))


def test_adjusted_families_are_statsmodels():
    p = np.random.default_rng(0).random(12) ** 2
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_families_of_none_one_and_nonsense(adjust):
    assert adjust([]) == ()
    assert adjust([0.03]) == (0.03,)
    for p in ([0.1, math.nan], [1.1], [-0.1]):
        with pytest.raises(ValueError, match="expected"):
            adjust(p)
