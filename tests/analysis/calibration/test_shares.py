"""Bounds of a share allow for draws from the same runs."""

from __future__ import annotations

import numpy as np
import pytest

from ablation.analysis.calibration.shares import Population, ShareEstimate, share_of


def test_the_jackknife_is_the_one_that_leaves_out_one_run_at_a_time() -> None:
    generator = np.random.default_rng(0)
    taken = np.argsort(generator.random((4000, 8)), axis=1)[:, :3]
    hits = (taken < 2).any(axis=1).astype(float)
    means = np.array([hits[(taken != each).all(axis=1)].mean() for each in range(8)])
    expected = 7 / 8 * ((means - hits.mean()) ** 2).sum()
    assert Population(taken, 8).variance(hits)[0] == pytest.approx(expected, rel=0.1)


def test_draws_that_take_all_there_is_are_worth_one_for_each_run() -> None:
    hits = np.arange(90) % 3 == 0
    assert share_of(hits, [Population(np.tile(np.arange(12), (90, 1)), 12)]).worth == 10  # by 1 / (1/90 + 1/12)


def test_a_share_of_none_is_bounded_by_the_disjoint_draws_that_there_could_be() -> None:
    source = Population(np.argsort(np.random.default_rng(0).random((1000, 40)), axis=1)[:, :10], 40)
    assert share_of(np.zeros(1000, dtype=bool), [source]) == ShareEstimate(0.0, 0.0, pytest.approx(0.6024, abs=1e-4), 4)


def test_more_draws_are_surer_of_what_they_are_worth() -> None:
    worth = []
    for draws in (500, 5000, 50_000):
        generator = np.random.default_rng(draws)
        taken = np.argsort(generator.random((draws, 30)), axis=1)[:, :6]
        worth.append(share_of(generator.random(draws) < 0.05, [Population(taken, 30)]).worth)
    assert worth == sorted(worth)


def test_a_share_that_hangs_on_few_runs_is_worth_few_draws() -> None:
    taken = np.argsort(np.random.default_rng(0).random((5000, 40)), axis=1)[:, :10]
    one_run, luck = (taken == 0).any(axis=1), np.random.default_rng(1).random(5000) < 0.25
    assert share_of(one_run, [Population(taken, 40)]).worth < 10
    assert share_of(luck, [Population(taken, 40)]).worth > 500
