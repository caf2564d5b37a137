"""The split of a mean's variance: against two-way analysis of variance, strata, the bootstrap, and at the corners."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from ablation.stats.components import components, resampled_components
from ablation.stats.paired import paired_t

PRINTED = [[1, 0, 0, 1, 0, 0, -1, 0, 1, 0], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0, -1, 0, 1, 1]]


def matrix(k: int, n: int, seed: int = 0) -> np.ndarray:
    """Differences of correctness with a part of each replicate and each example."""
    generator = np.random.default_rng(seed)
    parts = generator.normal(0.1, 0.2, (k, 1)) + generator.normal(0, 0.5, n) + generator.normal(0, 0.5, (k, n))
    return np.clip(np.round(parts), -1, 1)


def test_the_printed_example_has_its_printed_components():
    found = components(PRINTED)
    assert found.mean == pytest.approx(0.266667, abs=5e-7)
    assert found.of_rows == pytest.approx(0.003333, abs=5e-7)
    assert found.of_examples == pytest.approx(0.021728, abs=5e-7)
    assert found.residual * 10 == pytest.approx(0.218519, abs=5e-7)
    assert found.variance == pytest.approx(0.021728, abs=5e-7)
    assert found.of_method == 0
    assert found.df == pytest.approx(8.8953, abs=5e-5)


@pytest.mark.parametrize(("k", "n"), [(2, 2), (3, 10), (6, 40)])
def test_the_residual_is_that_of_a_two_way_analysis_of_variance(k, n):
    scores = matrix(k, n)
    replicate, example = np.indices((k, n))
    frame = DataFrame({"score": scores.ravel(), "replicate": replicate.ravel(), "example": example.ravel()})
    squares = anova_lm(ols("score ~ C(replicate) + C(example)", frame).fit())["mean_sq"]
    found = components(scores)
    assert found.residual * n == pytest.approx(squares["Residual"], abs=1e-12)
    assert found.of_rows * n == pytest.approx(squares["C(replicate)"])
    assert found.of_examples * n * k == pytest.approx(squares["C(example)"])


def test_components_are_unbiased_for_the_truth_they_were_drawn_from():
    generator = np.random.default_rng(5)
    k, n, shared, own, method = 4, 30, 0.5, 0.7, 0.2
    found = [
        components(
            generator.normal(0, method, (k, 1)) + generator.normal(0, shared, n) + generator.normal(0, own, (k, n))
        )
        for _ in range(1500)
    ]
    assert np.mean([each.residual for each in found]) == pytest.approx(own**2 / n, rel=0.02)
    assert np.mean([each.of_rows - each.residual for each in found]) == pytest.approx(method**2, rel=0.06)
    assert np.mean([each.of_examples for each in found]) == pytest.approx((shared**2 + own**2 / k) / n, rel=0.03)


def test_one_stratum_is_none():
    scores = matrix(4, 20)
    assert components(scores, np.zeros(20, dtype=int)) == components(scores)


def test_strata_add_up_by_their_share():
    """Each class on its own, as the mean of independent parts: sum of (n_c / n)^2 times its variance."""
    scores, labels = matrix(5, 30), np.repeat([7, 1, 3], [5, 10, 15])
    found = components(scores, labels)
    parts = [(np.mean(labels == name), components(scores[:, labels == name])) for name in (1, 3, 7)]
    variances = [share**2 * part.of_examples for share, part in parts]
    assert found.of_examples == pytest.approx(sum(variances))
    assert found.residual == pytest.approx(sum(share**2 * part.residual for share, part in parts))
    assert found.of_examples_df == pytest.approx(
        sum(variances) ** 2 / sum(v**2 / part.of_examples_df for v, (_, part) in zip(variances, parts, strict=True))
    )
    assert found.of_rows == pytest.approx(components(scores).of_rows)


def test_what_only_differs_between_classes_is_no_noise_of_the_examples():
    labels = np.repeat([0, 1], 10)
    scores = np.broadcast_to(labels, (4, 20)) * 1.0
    assert components(scores).of_examples > 0
    assert components(scores, labels).of_examples == 0


def test_a_bootstrap_of_a_mean_agrees_with_the_exact_components():
    scores = matrix(5, 60, seed=3)
    exact = components(scores)
    drawn = np.random.default_rng(0).integers(0, 60, (20_000, 59))
    resamples = np.stack([row[drawn].mean(axis=1) for row in scores])
    found = resampled_components(scores.mean(axis=1), resamples, 59)
    error = 4 * math.sqrt(2 / 20_000)
    assert found.of_examples == pytest.approx(exact.of_examples, rel=error)
    assert found.residual == pytest.approx(exact.residual, rel=2 * error)
    assert (found.mean, found.of_rows, found.k) == pytest.approx((exact.mean, exact.of_rows, exact.k))
    assert found.interval().p == pytest.approx(exact.interval().p, rel=0.1)


def test_a_bootstrap_within_classes_agrees_with_the_exact_strata():
    scores, labels = matrix(4, 40, seed=4), np.repeat([0, 1], [10, 30])
    generator = np.random.default_rng(1)
    parts = [
        share * scores[:, start + generator.integers(0, size, (20_000, size - 1))].mean(axis=2)
        for share, start, size in [(0.25, 0, 10), (0.75, 10, 30)]
    ]
    found, exact = resampled_components(scores.mean(axis=1), sum(parts), 38), components(scores, labels)
    assert found.of_examples == pytest.approx(exact.of_examples, rel=4 * math.sqrt(2 / 20_000))
    assert found.residual == pytest.approx(exact.residual, rel=8 * math.sqrt(2 / 20_000))


def test_without_noise_of_examples_the_interval_is_the_paired_t():
    gains = np.array([1.0, 2.0, 0.5, 1.5])
    found, plain = components(np.repeat(gains[:, None], 8, axis=1)).interval(), paired_t(gains)
    assert (found.low, found.high, found.p, found.df) == pytest.approx((plain.low, plain.high, plain.p, plain.df))


@given(st.integers(2, 6), st.integers(2, 30), st.integers(0, 10_000), st.booleans())
def test_permuting_replicates_changes_nothing_and_swapping_arms_mirrors(k, n, seed, stratified):
    scores = matrix(k, n, seed)
    labels = np.arange(n) % (n // 2) if stratified else None
    order = np.random.default_rng(seed).permutation(k)
    here, permuted, swapped = (components(each, labels).interval() for each in (scores, scores[order], -scores))
    assert (here.low, here.high, here.p) == pytest.approx((permuted.low, permuted.high, permuted.p), abs=1e-9)
    assert (here.low, here.high, here.p) == pytest.approx((-swapped.high, -swapped.low, swapped.p), abs=1e-9)


@given(st.integers(2, 8), st.integers(0, 1000), st.integers(2, 40))
def test_what_is_expected_at_the_same_number_of_replicates_is_what_was_found(k, seed, more):
    found = components(matrix(k, 12, seed))
    lasting = found.of_examples - found.residual / k
    assert found.at(k).of_examples == pytest.approx(max(lasting, 0) + found.residual / k)
    assert found.at(k + more).variance <= found.at(k).variance
    assert found.at(10**9).variance == pytest.approx(found.lasting, abs=1e-8)


def test_the_spread_of_one_arm_splits_into_the_test_sets_and_its_own():
    """Jordan: on an endless test set the runs differ less than on this one."""
    generator = np.random.default_rng(2)
    shares = np.clip(generator.normal(0.8, 0.02, (300, 1)), 0, 1)
    found = components(generator.random((300, 200)) < shares)
    assert math.sqrt(found.of_method) == pytest.approx(0.02, abs=0.004)
    assert math.sqrt(found.of_rows) == pytest.approx(math.sqrt(0.02**2 + 0.16 / 200), abs=0.004)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0])
def test_equal_scores_give_an_interval_of_no_width(value):
    interval = components(np.full((3, 7), value)).interval()
    assert (interval.low, interval.high) == (interval.mean, interval.mean)
    assert interval.mean == pytest.approx(value)
    assert interval.p == (1 if value == 0 else 0)
    assert components(np.full((3, 7), value)).df == 2


def test_one_replicate_has_a_mean_and_no_interval():
    for found in (components([[1.0, 0.0, 1.0, 0.0]]), resampled_components([0.5], [[0.4, 0.6]], 3)):
        interval = found.interval()
        assert (interval.mean, interval.n) == (0.5, 1)
        assert not interval.known
        assert all(math.isnan(each) for each in (interval.sd, interval.p, found.of_method, found.variance))


@pytest.mark.parametrize("scores", [[], [1.0, 2.0], [[1.0]], np.empty((0, 4)), [[1.0, math.nan], [0.0, 1.0]]])
def test_holes_and_other_shapes_are_refused(scores):
    with pytest.raises(ValueError, match="expected finite differences"):
        components(scores)


@pytest.mark.parametrize(("strata", "message"), [([0, 1], "shape"), ([0, 0, 0, 1], "two examples")])
def test_strata_that_do_not_fit_are_refused(strata, message):
    with pytest.raises(ValueError, match=message):
        components(np.eye(4), strata)


@pytest.mark.parametrize(
    ("values", "resamples", "df"),
    [([1.0], [[1.0, 2.0]], 0), ([1.0], [[1.0]], 1), ([1.0, 2.0], [[1.0, 2.0]], 1), ([1.0], [[1.0, math.inf]], 1)],
)
def test_resamples_that_do_not_fit_are_refused(values, resamples, df):
    with pytest.raises(ValueError, match=r"expected finite resamples|positive"):
        resampled_components(values, resamples, df)


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
