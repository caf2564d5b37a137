"""Contrasts: the printed three-rung game, brute force over orders, and the axioms on random games."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.experiment.config.designs import factorial as factorial_design
from ablation.stats import attribution
from ablation.stats.attribution import subsets

ABC = "ABC"
GAME = {
    frozenset(name): score
    for name, score in {"": 80, "A": 84, "B": 82, "C": 80, "AB": 85, "AC": 84.5, "BC": 83.5, "ABC": 86.5}.items()
}


def fraction(rungs: Collection[str]) -> tuple[frozenset[str], ...]:
    """The subsets that a factorial design runs."""
    return tuple(map(frozenset, factorial_design.fraction(sorted(rungs))))


def random_game(rungs: str, seed: int, order: int | None = None) -> dict[frozenset[str], float]:
    """Scores of all subsets; with interactions of at most so many rungs."""
    generator = np.random.default_rng(seed)
    dividends = {s: generator.normal() for s in subsets(rungs) if order is None or len(s) <= order}
    return {s: sum(value for part, value in dividends.items() if part <= s) for s in subsets(rungs)}


games = st.tuples(st.sampled_from(["A", "AB", "ABC", "ABCD", "ABCDE"]), st.integers(0, 10_000))


def alone(rung: str) -> attribution.LinearContrast:
    return attribution.ladder_step(rung, ())


def left_out(rung: str, rungs: Collection[str]) -> attribution.LinearContrast:
    return attribution.ladder_step(rung, set(rungs) - {rung})


def worth(contrast: attribution.Contrast, game=GAME) -> float:
    return float(sum(weight * game[subset] for subset, weight in contrast.items()))


def test_the_three_rung_game_has_its_printed_effects():
    for rung, effects in {
        "A": (4, 3, 3.5, 43 / 12, 3.625),
        "B": (2, 2, 2, 25 / 12, 2.125),
        "C": (0, 1.5, 0.75, 5 / 6, 0.875),
    }.items():
        contrasts = (
            alone(rung),
            left_out(rung, ABC),
            attribution.midpoint(rung, ABC),
            attribution.shapley(rung, ABC),
            attribution.main_effect(rung, tuple(subsets(ABC))),
        )
        assert [worth(each) for each in contrasts] == pytest.approx(list(effects))
    assert worth(attribution.residual(ABC)) == pytest.approx(0.25)
    assert worth(attribution.total_gain(ABC)) == pytest.approx(6.5)


@given(games)
def test_shapley_is_the_mean_step_over_all_orders(drawn):
    rungs, seed = drawn
    game = random_game(rungs, seed)
    for rung in rungs:
        orders = [order[: order.index(rung)] for order in permutations(rungs)]
        expected = np.mean([game[frozenset(before) | {rung}] - game[frozenset(before)] for before in orders])
        assert worth(attribution.shapley(rung, rungs), game) == pytest.approx(expected)


@given(games)
def test_shapley_values_and_the_steps_of_a_ladder_sum_to_the_total(drawn):
    rungs, seed = drawn
    game = random_game(rungs, seed)
    total = worth(attribution.total_gain(rungs), game)
    assert sum(worth(attribution.shapley(rung, rungs), game) for rung in rungs) == pytest.approx(total)
    ladder = [attribution.ladder_step(rung, rungs[:place]) for place, rung in enumerate(rungs)]
    assert sum(worth(each, game) for each in ladder) == pytest.approx(total)
    midpoints = sum(worth(attribution.midpoint(rung, rungs), game) for rung in rungs)
    assert midpoints + worth(attribution.residual(rungs), game) == pytest.approx(total)


@given(games)
def test_midpoints_are_shapley_values_where_interactions_are_at_most_pairwise(drawn):
    rungs, seed = drawn
    game = random_game(rungs, seed, order=2)
    for rung in rungs:
        midpoint = worth(attribution.midpoint(rung, rungs), game)
        assert midpoint == pytest.approx(worth(attribution.shapley(rung, rungs), game))
        share = worth(attribution.interaction_share(rung, rungs), game)
        assert midpoint == pytest.approx(worth(alone(rung), game) + share)
    assert worth(attribution.residual(rungs), game) == pytest.approx(0, abs=1e-9)
    for pair in combinations(rungs, 2):
        both = [attribution.interaction(pair, rungs), attribution.dividend(pair)]
        assert worth(both[0], game) == pytest.approx(worth(both[1], game))


@given(games)
def test_dividends_add_up_to_every_score(drawn):
    rungs, seed = drawn
    game = random_game(rungs, seed)
    for subset in subsets(rungs):
        parts = [worth(attribution.dividend(part), game) for part in subsets(subset)]
        assert sum(parts) == pytest.approx(game[subset])


@given(games)
def test_the_shapley_interaction_of_a_pair_is_that_of_the_merged_rung(drawn):
    """The recursion that defines it: pair as one player, less each alone without the other (Grabisch, Roubens)."""
    rungs, seed = drawn
    game = random_game(rungs, seed)
    for first, second in combinations(rungs, 2):
        rest = set(rungs) - {first, second}
        merged = {s - {"+"} | ({first, second} if "+" in s else set()): s for s in subsets([*rest, "+"])}
        merged_game = {s: game[frozenset(original)] for original, s in merged.items()}
        expected = (
            worth(attribution.shapley("+", [*rest, "+"]), merged_game)
            - worth(attribution.shapley(first, [*rest, first]), game)
            - worth(attribution.shapley(second, [*rest, second]), game)
        )
        assert worth(attribution.interaction((first, second), rungs), game) == pytest.approx(expected)


@given(games)
def test_every_contrast_but_the_empty_dividend_sums_to_nothing(drawn):
    rungs, _ = drawn
    everything = [attribution.total_gain(rungs), attribution.residual(rungs)]
    for rung in rungs:
        everything += [alone(rung), left_out(rung, rungs), attribution.midpoint(rung, rungs)]
        everything += [attribution.shapley(rung, rungs)]
        everything += [attribution.main_effect(rung, fraction(rungs)), attribution.interaction_share(rung, rungs)]
    for pair in combinations(rungs, 2):
        everything += [attribution.interaction(pair, rungs), attribution.dividend(pair)]
        everything += [attribution.two_factor(*pair, fraction(rungs))]
    assert [sum(contrast.values()) for contrast in everything] == pytest.approx([0] * len(everything))


@given(games)
def test_a_full_factorials_effects_are_banzhafs(drawn):
    """Banzhaf 1965: the mean gain of a rung over all subsets of the others."""
    rungs, seed = drawn
    game, runs = random_game(rungs, seed), tuple(subsets(rungs))
    for rung in rungs:
        expected = np.mean([game[s | {rung}] - game[s] for s in runs if rung not in s])
        assert worth(attribution.main_effect(rung, runs), game) == pytest.approx(expected)
    for first, second in combinations(rungs, 2):
        high, low = ([s for s in runs if (second in s) == there and first not in s] for there in (True, False))
        gains = [np.mean([game[s | {first}] - game[s] for s in half]) for half in (high, low)]
        assert worth(attribution.two_factor(first, second, runs), game) == pytest.approx(gains[0] - gains[1])


def test_a_contrast_names_only_the_variants_it_needs():
    assert set(attribution.midpoint("A", "ABCD")) == set(map(frozenset, ["", "A", "BCD", "ABCD"]))
    assert len(attribution.residual("ABCD")) == 2 + 4 + 4
    assert attribution.residual("AB") == {}
    assert attribution.midpoint("A", "A") == alone("A") == left_out("A", "A")


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="among the rungs"):
        attribution.ladder_step("A", "AB")
    with pytest.raises(ValueError, match="not balanced"):
        attribution.main_effect("A", [frozenset(), frozenset("A"), frozenset("AB")])


def test_a_main_effect_lists_its_runs_in_one_order_whatever_order_they_come_in():
    runs = [frozenset(names) for names in ("", "a", "b", "ab", "c", "ac", "bc", "abc")]
    listed = {tuple(attribution.main_effect("a", order)) for order in (runs, runs[::-1], frozenset(runs))}
    assert len(listed) == 1
