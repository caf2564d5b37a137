"""The corrected t: scikit-learn's published example, and the plain paired t."""

from __future__ import annotations

import math

import pytest

from ablation.stats.paired import paired_t
from ablation.stats.resampled import resampled_t


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
