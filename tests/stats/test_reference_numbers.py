"""Every other statistic against the printed digits of its reference."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from ablation.stats.adjust import benjamini_hochberg, holm
from ablation.stats.components import components
from ablation.stats.paired import paired_t
from ablation.stats.power import smallest_detectable
from ablation.stats.resampled import resampled_t
from ablation.stats.sign_flip import sign_flip
from ablation.stats.summary import summary
from ablation.stats.wins import wins

SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
FIFTEEN = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


def test_summary_has_the_sample_standard_deviation_and_the_extremes():
    seen = summary([1.0, 2.0, 4.0])
    assert (seen.min, seen.max, seen.n) == (1, 4, 3)
    assert seen.mean == pytest.approx(7 / 3)
    assert seen.sd == pytest.approx(np.std([1, 2, 4], ddof=1))
    assert math.isnan(summary([1.0]).sd)


def test_benjamini_and_hochbergs_fifteen_p_values_give_their_rejections():
    assert sum(p * len(FIFTEEN) <= 0.05 for p in FIFTEEN) == 3  # Bonferroni
    assert sum(p <= 0.05 for p in holm(FIFTEEN)) == 3
    assert sum(p <= 0.05 for p in benjamini_hochberg(FIFTEEN)) == 4


def test_holm_on_the_golden_steps(golden):
    adjusted = holm([paired_t(after - before).p for before, after in itertools.pairwise(golden)])
    assert adjusted[0] == pytest.approx(0.000050, abs=5e-7)
    assert adjusted[2] == pytest.approx(0.014997, abs=1e-6)


def test_label_smoothing_of_the_golden_ladder_is_equivalent_at_half_a_point(golden):
    baseline, aug, ls, _ = golden
    interval = paired_t(ls - aug, 0.9)
    assert 0.3 < max(-interval.low, interval.high) < 0.5
    assert (wins(aug - baseline).won, wins(aug - baseline).of) == (6, 6)


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


@pytest.mark.parametrize(("n", "expected"), [(3, 3.26), (5, 1.68), (10, 1.00), (20, 0.66), (30, 0.53)])
def test_smallest_detectable_difference(n, expected):
    assert round(smallest_detectable(n), 2) == expected


def test_sign_flips_of_the_references(golden):
    assert sign_flip(SLEEP) == pytest.approx(4 / 1024)
    assert sign_flip(golden[3] - golden[2]) == pytest.approx(0.03125)
    assert sign_flip([3.0]) == 1


def test_two_components_of_three_replicates_on_ten_examples():
    rows = [[1, 0, 0, 1, 0, 0, -1, 0, 1, 0], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0, -1, 0, 1, 1]]
    interval = components(rows).interval()
    assert interval.mean == pytest.approx(0.266667, abs=5e-7)
    assert interval.sd**2 == pytest.approx(0.003333, abs=5e-7)
    assert interval.df == pytest.approx(8.8953, abs=5e-5)
    assert (interval.low, interval.high) == pytest.approx((-0.067387, 0.600720), abs=6e-7)
    assert interval.p == pytest.approx(0.104280, abs=5e-7)


def test_two_components_of_identical_arms_are_nothing():
    assert components(np.zeros((3, 5))).interval().p == 1


def test_corrected_t_of_scikit_learns_example_on_comparing_models():
    """The two best support vector machines of plot_grid_search_stats on a hundred folds of the moons."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    images, labels = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    radial, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), images, labels, scoring="roc_auc", cv=folds)
        for kernel in ("rbf", "linear")
    )
    interval = resampled_t(radial - linear, 10 / 90)
    t = interval.mean / (interval.sd * math.sqrt(1 / 100 + 10 / 90))
    assert round(t, 4) == 0.7503
    assert round(interval.p / 2, 4) == 0.2274


def test_corrected_t_is_wider_than_the_plain_one():
    differences = [1.0, 2.0, 0.5, 1.5]
    plain, corrected = paired_t(differences), resampled_t(differences, 0.25)
    assert (corrected.high - corrected.low) / (plain.high - plain.low) == pytest.approx(math.sqrt(2))
