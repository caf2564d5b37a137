"""Intervals of drawn comparisons err as often as their formulas say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.analysis.calibration.calibration import ErrorRate
from ablation.analysis.calibration.draws import StoredArms, allotted
from ablation.analysis.calibration.intervals import Intervals
from ablation.analysis.calibration.shares import share_of
from ablation.analysis.comparison.arms import Arm

DRAWS = 1000


def arms(
    replicates: int,
    images: int,
    *,
    taste: float = 0.5,
    training: float = 0.1,
    noise: float = 0.5,
    gain: float = 0.2,
    seed: int = 0,
) -> tuple[Arm, Arm]:
    """Baseline and final recipe whose scores are sums of normal effects of these standard deviations."""
    generator = np.random.default_rng(seed)
    difficulty = generator.normal(size=(1, images))

    def arm(level: float) -> Arm:
        shape = replicates, images
        scores = level + difficulty + generator.normal(0, taste, (1, images))
        scores = scores + generator.normal(0, training, (replicates, 1)) + generator.normal(0, noise, shape)
        return Arm(scores.mean(axis=1), examples=scores)

    return arm(0.0), arm(gain)


def stored(*both: Arm, test_to_train: float | None = None) -> StoredArms:
    return StoredArms(both[0], both[1], Intervals(test_to_train, 0.95))


def errors(drawn, interval: str) -> float:
    low, high = drawn.bounds[interval]
    return float(((drawn.truth < low) | (drawn.truth > high)).mean())


def test_equal_arms_differ_as_often_as_alpha_says() -> None:
    world = stored(*arms(60, 200))
    for images in (50, None):
        drawn = world.null_draws(10, images, DRAWS, np.random.default_rng(0))
        assert errors(drawn, "replicates") == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / DRAWS))
        assert errors(drawn, "two_components") < 0.05 + 3 * math.sqrt(0.05 * 0.95 / DRAWS)


@pytest.mark.parametrize("draw", ["paired_draws", "unpaired_draws"])
@pytest.mark.parametrize(("k", "images"), [(5, 50), (15, 50), (5, 100), (15, 100)])
def test_two_components_cover_the_truth_however_large_the_drawn_share(draw: str, k: int, images: int) -> None:
    drawn = getattr(stored(*arms(30, 200)), draw)(k, images, DRAWS, np.random.default_rng(k))
    assert errors(drawn, "two_components") == pytest.approx(0.05, abs=0.025)


def test_without_moving_the_truth_a_large_drawn_share_would_hide_errors() -> None:
    world = stored(*arms(30, 200))
    drawn = world.paired_draws(15, 100, DRAWS, np.random.default_rng(0))
    low, high = drawn.bounds["two_components"]
    assert ((world.gain < low) | (world.gain > high)).mean() < 0.02


@pytest.mark.parametrize("draw", ["paired_draws", "unpaired_draws"])
def test_means_stray_from_the_moved_truth_as_much_as_endless_draws_would(draw: str) -> None:
    k, n, taste, training, noise = 10, 100, 0.5, 0.2, 0.7
    found = []
    for seed in range(30):
        world = stored(*arms(40, 200, taste=taste, training=training, noise=noise, seed=seed))
        drawn = getattr(world, draw)(k, n, 200, np.random.default_rng(seed))
        mean = np.mean(drawn.bounds["replicates"], axis=0)
        found.append(np.mean((mean - drawn.truth) ** 2))
    expected = 2 * (taste**2 / n + training**2 / k + noise**2 / (k * n))
    assert np.mean(found) == pytest.approx(expected, rel=0.12)


def test_an_interval_that_forgets_the_training_is_seen_to_fail() -> None:
    world = stored(*arms(60, 400, training=0.5))
    drawn = world.null_draws(5, 200, DRAWS, np.random.default_rng(0))
    low, high = drawn.bounds["examples"]
    promise = ErrorRate(share_of((low > 0) | (high < 0), drawn.populations), 0.05)
    assert promise.errs.share > 0.3
    assert promise.word == "broken"


def test_an_interval_that_forgets_the_test_images_is_seen_to_fail() -> None:
    drawn = stored(*arms(100, 400, taste=1.0, training=0.02)).paired_draws(10, 100, DRAWS, np.random.default_rng(0))
    low, high = drawn.bounds["replicates"]
    assert ErrorRate(share_of((drawn.truth < low) | (drawn.truth > high), drawn.populations), 0.05).word == "broken"


def test_classes_keep_their_weight_in_test_sets_that_are_drawn() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [120, 60, 20])
    right = (generator.random((40, 200)) < np.array([0.9, 0.6, 0.3])[labels]).astype(float)
    scores = right * (200 / (3 * np.bincount(labels)))[labels]
    arm = Arm(scores.mean(axis=1), examples=scores, strata=labels)
    nothing = Arm(np.zeros(40), examples=np.zeros((40, 200)), strata=labels)
    drawn = stored(nothing, arm).paired_draws(10, 45, DRAWS, generator)
    columns = drawn.populations[1].taken
    assert {tuple(np.bincount(labels[each])) for each in columns} == {(27, 14, 4)}
    mean = np.mean(drawn.bounds["replicates"], axis=0)
    assert mean.mean() == pytest.approx(0.6, abs=0.02)
    first, classes = right[drawn.populations[0].taken[0]][:, columns[0]], labels[columns[0]]
    by_hand = np.mean([first[:, classes == each].mean() for each in range(3)])
    assert mean[0] == pytest.approx(by_hand)


@given(st.lists(st.integers(2, 40), min_size=2, max_size=6), st.floats(0.1, 0.5))
def test_images_are_allotted_in_proportion_and_two_to_a_class_at_least(there: list[int], share: float) -> None:
    total = round(share * sum(there))
    counts = allotted(there, total)
    assert all(2 <= got <= of for got, of in zip(counts, there, strict=True))
    assert sum(counts) - total in range(len(there) * 2 + 1)
    assert all(abs(got - total * of / sum(there)) < 1 or got == 2 for got, of in zip(counts, there, strict=True))


def test_draws_take_no_run_twice_and_equal_arms_none_in_common() -> None:
    drawn = stored(*arms(12, 40)).null_draws(6, 20, 50, np.random.default_rng(0))
    rows, columns = drawn.populations
    assert all(len(set(row)) == 12 for row in rows.taken.tolist())
    assert all(len(set(row)) == 20 for row in columns.taken.tolist())
