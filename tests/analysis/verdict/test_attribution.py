from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladders import holed, plan_of, results_of

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.verdict.attribution import Attribution, attribution_of
from ablation.experiment.planning.plan import Plan, Rung
from ablation.metrics.registry import metric
from ablation.stats.adjust import benjamini_hochberg
from ablation.stats.paired import paired_t

Game = Mapping[str, Sequence[float]]
"""Scores of the replicates by the letters of the rungs that are on."""
GAME = {"": 80, "A": 84, "B": 82, "C": 80, "AB": 85, "AC": 84.5, "BC": 83.5, "ABC": 86.5}


def rungs(names: str, requires: Mapping[str, str] | None = None, controls: str = "") -> list[Rung]:
    needs = requires or {}
    return [Rung(name, (), (), name in controls, tuple(needs.get(name, ""))) for name in names]


def frame(plan: Plan, game: Game) -> pd.DataFrame:
    controls = {rung.name for rung in plan.rungs if rung.control}
    scores = {each.name: game["".join(name for name in each.rungs if name not in controls)] for each in plan.variants}
    return results_of(plan, scores)


def attributed(plan: Plan, results: pd.DataFrame, level: float = 0.95) -> Attribution:
    found = attribution_of(Evidence(plan, results), metric("accuracy"), level)
    assert found is not None
    return found


def noisy(replicates: int, seed: int = 0) -> Game:
    """The three-rung game with luck."""
    rng = np.random.default_rng(seed)
    return {held: (mean + rng.normal(0, 0.5, replicates)).tolist() for held, mean in GAME.items()}


@pytest.fixture
def three() -> Game:
    """The three-rung game without luck, in two replicates."""
    return {held: [mean, mean] for held, mean in GAME.items()}


@pytest.mark.parametrize(
    ("design", "kind", "credits"),
    [
        ("both_ends", "midpoint", [3.5, 2, 0.75]),
        ("full", "Shapley value", [43 / 12, 25 / 12, 5 / 6]),
        ("factorial", "main effect", [3.625, 2.125, 0.875]),
    ],
)
def test_the_three_rung_game(three: Game, design: str, kind: str, credits: list[float]) -> None:
    plan = plan_of(rungs("ABC"), 2, designs=[design])
    found = attributed(plan, frame(plan, three))
    assert found.kind == kind
    assert [row.credit.interval.mean for row in found.rows if row.credit] == pytest.approx(credits)
    assert [row.alone.interval.mean for row in found.rows if row.alone] == pytest.approx([4, 2, 0])
    assert [row.left_out.interval.mean for row in found.rows if row.left_out] == pytest.approx([3, 2, 1.5])
    assert [row.step.interval.mean for row in found.rows if row.step] == pytest.approx([4, 1, 1.5])
    assert [row.share.interval.mean for row in found.rows if row.share] == pytest.approx([-0.5, 0, 0.75])
    assert found.total is not None
    assert found.residual is not None
    assert found.total.interval.mean == pytest.approx(6.5)
    assert found.residual.interval.mean == pytest.approx(0.25 if design != "factorial" else 6.5 - 6.625)


def test_the_range_over_positions_is_that_of_all_marginal_gains(three: Game) -> None:
    plan = plan_of(rungs("ABC"), 2, designs=["full"])
    first = attributed(plan, frame(plan, three)).rows[0]
    assert (first.positions, first.lowest, first.highest) == (4, pytest.approx(3), pytest.approx(4.5))  # onto B, C
    ends = plan_of(rungs("ABC"), 2, designs=["both_ends"])
    assert attributed(ends, frame(ends, three)).rows[0].positions == 4  # the ladder and both ends hold all of them


def test_pairs_interact_by_shapleys_index_or_on_the_bare_baseline(three: Game) -> None:
    plan = plan_of(rungs("ABC"), 2, designs=["full"])
    found = {each.rungs: each.effect.interval.mean for each in attributed(plan, frame(plan, three)).interactions}
    bare = {pair: GAME["".join(pair)] - GAME[pair[0]] - GAME[pair[1]] + GAME[""] for pair in combinations("ABC", 2)}
    triple = GAME["ABC"] - GAME["AB"] - GAME["AC"] - GAME["BC"] + GAME["A"] + GAME["B"] + GAME["C"] - GAME[""]
    assert found == pytest.approx({pair: value + triple / 2 for pair, value in bare.items()})
    ends = plan_of(rungs("ABC"), 2, designs=["both_ends"])
    assert {
        each.rungs: each.effect.interval.mean for each in attributed(ends, frame(ends, three)).interactions
    } == pytest.approx(bare)


@st.composite
def games(draw: st.DrawFn) -> tuple[str, Game]:
    names = "ABCDE"[: draw(st.integers(1, 5))]
    subsets = ["".join(held) for size in range(len(names) + 1) for held in combinations(names, size)]
    score = st.floats(0, 100, allow_nan=False)
    return names, {held: draw(st.lists(score, min_size=2, max_size=2)) for held in subsets}


@settings(deadline=None, max_examples=15)
@given(games())
def test_credits_and_residual_sum_to_the_total(game: tuple[str, Game]) -> None:
    names, scores = game
    designs: tuple[str, ...] = ("both_ends", "factorial", "full")
    for design in designs:
        plan = plan_of(rungs(names), 2, designs=[design])
        found = attributed(plan, frame(plan, scores))
        assert found.total is not None
        assert found.residual is not None
        total = found.total.interval.mean
        credits = sum(row.credit.interval.mean for row in found.rows if row.credit)
        residual = found.residual.interval.mean
        if design == "full":
            assert credits == pytest.approx(total, abs=1e-9)
            credits = sum((row.alone.interval.mean + row.left_out.interval.mean) / 2 for row in found.rows)  # type: ignore[union-attr]
        assert credits + residual == pytest.approx(total, abs=1e-9)
        assert sum(row.step.interval.mean for row in found.rows if row.step) == pytest.approx(total, abs=1e-9)


def test_an_effect_is_judged_as_any_difference_replicate_by_replicate() -> None:
    plan, game = plan_of(rungs("ABC"), 6, designs=["both_ends"]), noisy(6)
    found = attributed(plan, frame(plan, game), level=0.9)
    score = {held: np.array(values) for held, values in game.items()}
    midpoint = (score["A"] - score[""] + score["ABC"] - score["BC"]) / 2
    interval = paired_t(midpoint, 0.9)
    assert found.rows[0].credit is not None
    got = found.rows[0].credit.interval
    assert (got.mean, got.low, got.high, got.p) == pytest.approx(
        (interval.mean, interval.low, interval.high, interval.p)
    )


def test_each_kind_of_effect_is_a_family_of_its_own() -> None:
    plan = plan_of(rungs("ABC"), 6, designs=["both_ends"])
    found = attributed(plan, frame(plan, noisy(6)))
    for kind in ("alone", "left_out", "credit", "share"):
        effects = [getattr(row, kind) for row in found.rows]
        assert [each.adjusted for each in effects] == list(benjamini_hochberg([each.interval.p for each in effects]))
    assert found.residual is not None
    assert found.residual.adjusted == found.residual.interval.p


@pytest.mark.parametrize("design", ["both_ends", "full", "factorial"])
def test_the_order_of_runs_and_of_replicates_changes_nothing(design: str) -> None:
    plan = plan_of(rungs("ABC"), 4, designs=[design])
    results = frame(plan, noisy(4))
    shuffled = results.sample(frac=1, random_state=1)
    assert attributed(plan, shuffled) == attributed(plan, results)


def test_what_cannot_interact_leaves_no_residual() -> None:
    game = {"": [80.1, 81.3], "A": [82.7, 81.1], "B": [80.9, 83.3], "AB": [84.1, 84.9]}
    plan = plan_of(rungs("AB"), 2, designs=["both_ends"])
    found = attributed(plan, frame(plan, game))
    assert found.residual is not None
    assert (found.residual.interval.mean, found.residual.interval.p) == (0, 1)


def test_controls_have_no_part_in_it(three: Game) -> None:
    plain, held = (plan_of(rungs(names, controls="xy"), 2, designs=["both_ends"]) for names in ("ABC", "xAByC"))
    assert attributed(held, frame(held, three)) == attributed(plain, frame(plain, three))


def test_a_rung_that_needs_another_has_its_ends_but_no_credit(three: Game) -> None:
    plan = plan_of(rungs("ABC", {"B": "A"}), 2, designs=["both_ends"])
    first, second, third = (found := attributed(plan, frame(plan, three))).rows
    assert (first.requires, first.required_by) == ((), ("B",))
    assert (second.requires, second.required_by) == (("A",), ())
    assert (first.credit, second.credit, first.share, found.residual) == (None, None, None, None)
    means = [each.interval.mean for each in (first.alone, first.left_out, second.alone, second.left_out) if each]
    assert means == pytest.approx([4, 6.5, 1, 2])  # leaving A out takes B along
    assert third.credit is not None
    assert third.credit.interval.mean == pytest.approx(0.75)


def test_a_hole_takes_just_the_effects_that_need_it(three: Game) -> None:
    plan = plan_of(rungs("ABC"), 2, designs=["both_ends"])
    found = attributed(plan, holed(frame(plan, three), "only B", 1))
    first, second, _ = found.rows
    assert (second.alone, second.credit, found.residual) == (None, None, None)
    assert second.left_out is not None
    assert first.credit is not None
    assert math.isnan(second.lowest)
    assert found.total is not None


def test_one_replicate_gives_means_without_p() -> None:
    plan = plan_of(rungs("ABC"), 1, designs=["full"])
    found = attributed(plan, frame(plan, {held: [mean] for held, mean in GAME.items()}))
    assert all(row.credit and math.isnan(row.credit.adjusted) for row in found.rows)
    assert found.rows[0].alone is not None
    assert found.rows[0].alone.interval.mean == pytest.approx(4)


def test_a_factorial_lists_what_it_cannot_tell_apart() -> None:
    plan = plan_of(rungs("ABCD"), 2, designs=["factorial"])
    scores = {each.name: [80.0 + len(each.rungs), 81.0 + len(each.rungs)] for each in plan.variants}
    found = attributed(plan, results_of(plan, scores))
    assert {frozenset(group) for group in found.aliases} == {
        frozenset(("A × B", "C × D")), frozenset(("A × C", "B × D")), frozenset(("A × D", "B × C")),
    }  # fmt: skip
    assert [row.credit.interval.mean for row in found.rows if row.credit] == pytest.approx([1] * 4)


@pytest.mark.parametrize("designs", [[], ["leave_one_out"]])
def test_designs_that_show_no_rung_among_other_rungs_give_none(designs: list[str], three: Game) -> None:
    plan = plan_of(rungs("ABC"), 2, designs=designs)
    assert attribution_of(Evidence(plan, frame(plan, three)), metric("accuracy"), 0.95) is None
