"""Won comparisons: printed bounds, and the tails that they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from ablation.stats.wins import wins


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
