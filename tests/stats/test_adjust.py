"""Adjusted p-values: naive formulas, statsmodels, printed examples."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from ablation.stats.adjust import benjamini_hochberg, holm
from ablation.stats.paired import paired_t

FIFTEEN = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


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


def test_benjamini_and_hochbergs_fifteen_p_values_give_their_rejections():
    assert sum(p * len(FIFTEEN) <= 0.05 for p in FIFTEEN) == 3  # Bonferroni
    assert sum(p <= 0.05 for p in holm(FIFTEEN)) == 3
    assert sum(p <= 0.05 for p in benjamini_hochberg(FIFTEEN)) == 4


def test_holm_on_the_golden_steps(golden):
    adjusted = holm([paired_t(after - before).p for before, after in itertools.pairwise(golden)])
    assert adjusted[0] == pytest.approx(0.000050, abs=5e-7)
    assert adjusted[2] == pytest.approx(0.014997, abs=1e-6)
