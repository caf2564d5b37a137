"""Fractions: resolution by brute force, aliases, and what they save."""

from __future__ import annotations

from itertools import combinations
from string import ascii_uppercase

import numpy as np
import pytest

from ablation.experiment.config.designs import factorial as factorial_design
from ablation.stats.attribution import aliases, ladder_step, main_effect


def fraction(rungs: str) -> tuple[frozenset[str], ...]:
    """The subsets that the design runs."""
    return tuple(map(frozenset, factorial_design.fraction(rungs)))


SIZES = {1: 2, 2: 4, 3: 8, 4: 8, 5: 16, 6: 16, 7: 16, 8: 16, 9: 32, 12: 32, 16: 32}


def columns(rungs: str) -> np.ndarray:
    """Levels -1 and 1, (runs, rungs)."""
    return np.array([[1 if rung in run else -1 for rung in rungs] for run in fraction(rungs)])


def resolution(levels: np.ndarray) -> float:
    """Length of the shortest product of columns that is constant; up to 4, beyond that infinity."""
    words = (
        len(word) for size in range(1, 5) for word in combinations(levels.T, size) if np.ptp(np.prod(word, 0)) == 0
    )
    return next(words, np.inf)


@pytest.mark.parametrize(("count", "runs"), SIZES.items())
def test_a_fraction_is_balanced_and_of_resolution_four_or_better(count, runs):
    rungs = ascii_uppercase[:count]
    levels = columns(rungs)
    assert len(set(fraction(rungs))) == len(fraction(rungs)) == runs
    assert fraction(rungs)[0] == frozenset()
    assert (levels.T @ levels == runs * np.eye(count)).all()
    assert resolution(levels) >= 4


def test_small_and_five_rung_fractions_keep_pairs_apart():
    for count in (1, 2, 3, 5):
        rungs = ascii_uppercase[:count]
        assert resolution(columns(rungs)) > 4
        assert aliases(rungs, fraction(rungs)) == ()


def test_the_full_recipe_is_among_the_runs_except_of_five_rungs():
    assert [count for count in range(1, 17) if frozenset(s := ascii_uppercase[:count]) not in fraction(s)] == [5]


def test_four_rungs_in_eight_runs_have_the_textbook_aliases():
    """Montgomery's 2^(4-1), D = ABC."""
    assert aliases("ABCD", fraction("ABCD")) == (("A × B", "C × D"), ("A × C", "B × D"), ("A × D", "B × C"))


@pytest.mark.parametrize("count", [4, 6, 7, 8, 9])
def test_aliases_are_the_columns_that_correlate(count):
    rungs = ascii_uppercase[:count]
    levels = dict(zip(rungs, columns(rungs).T, strict=True))
    groups = aliases(rungs, fraction(rungs))
    products = {" × ".join(effect): np.prod([levels[r] for r in effect], 0) for effect in combinations(rungs, 2)}
    products |= levels
    together = {frozenset(pair) for group in groups for pair in combinations(group, 2)}
    for first, second in combinations(products, 2):
        same = abs(products[first] @ products[second]) == len(fraction(rungs))
        assert same == (frozenset({first, second}) in together)
    assert not any(effect in rungs for group in groups for effect in group)


@pytest.mark.parametrize(("count", "times"), [(5, 3.0), (6, 3.5), (7, 4.0)])
def test_main_effects_vary_three_to_four_times_less_than_one_at_a_time_at_equal_cost(count, times):
    """Variance of an effect times its number of runs, of runs that vary independently and alike."""
    rungs = ascii_uppercase[:count]

    def cost(contrast, runs: int) -> float:
        return sum(weight**2 for weight in contrast.values()) * runs

    ratio = cost(ladder_step("A", ()), count + 1) / cost(main_effect("A", fraction(rungs)), len(fraction(rungs)))
    assert ratio == pytest.approx(times)


def test_an_effect_is_recovered_whatever_pairs_do():
    generator = np.random.default_rng(0)
    for count in (4, 7, 16):
        rungs = ascii_uppercase[:count]
        runs, levels = fraction(rungs), columns(rungs)
        effects, pairs = generator.normal(size=count), np.triu(generator.normal(size=(count, count)), 1)
        scores = levels @ effects / 2 + np.einsum("ri,ij,rj->r", levels, pairs, levels)
        by_run = dict(zip(runs, scores, strict=True))
        found = [sum(w * by_run[run] for run, w in main_effect(rung, runs).items()) for rung in rungs]
        assert found == pytest.approx(effects)
