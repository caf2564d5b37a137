"""The same rungs in several experiments, side by side."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence

import pytest
from ladders import plan_of, results_of
from scipy.stats import binomtest

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.agreement import Agreement, RungAgreement, agreement_of
from ablation.analysis.table.table import Table, ladder_table
from ablation.experiment.planning.plan import Rung

SPREAD = (0.0, 0.1, -0.1, 0.05, -0.05)
"""Of the steps over five replicates, about their mean: narrow enough for a claim of a quarter of a point."""


def table(steps: Mapping[str, float | Sequence[float]], name: str = "x", metric: str = "accuracy") -> Table:
    """The table of rungs with these steps in points, a number where replicates hardly differ."""
    told = tuple((rung, tuple(step) if isinstance(step, Sequence) else step) for rung, step in steps.items())
    return dataclasses.replace(_table(told, metric), name=name)


@functools.cache
def _table(steps: tuple[tuple[str, float | tuple[float, ...]], ...], metric: str) -> Table:
    plan = plan_of([Rung(rung, (), ()) for rung, _ in steps], replicates=5, metric=metric)
    row = [50.0] * 5
    scores = {"baseline": row}
    for rung, step in steps:
        gains = step if isinstance(step, tuple) else [step + each for each in SPREAD]
        row = [level + gain for level, gain in zip(row, gains, strict=True)]
        scores[f"+ {rung}"] = row
    return ladder_table(Evidence(plan, results_of(plan, scores)))


UNSURE = (9.0, -9.0, 5.0, -5.0, 1.0)


def word(*steps: float | Sequence[float]) -> str:
    found = agreement_of([table({"a": step}) for step in steps])
    return found.rungs[0].word


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((4.0, 5.0), "agree"),
        ((4.0, 0.8), "agree"),  # a gain and a small gain
        ((-4.0, -5.0, -0.8), "agree"),
        ((0.0, 0.0), "agree"),  # equivalent in both
        ((4.0, -4.0), "disagree"),
        ((4.0, UNSURE, -0.8), "disagree"),
        ((4.0, 0.0), "cannot tell"),  # a gain here, nothing there: no contradiction in sign
        ((4.0, UNSURE), "cannot tell"),
        ((UNSURE, UNSURE), "cannot tell"),
        ((4.0,), "cannot tell"),
    ],
)
def test_experiments_agree_when_all_claim_the_same(steps: Sequence[float | Sequence[float]], expected: str) -> None:
    assert word(*steps) == expected


def test_the_verdicts_are_those_of_the_tables() -> None:
    first, second = table({"a": 4.0, "b": 0.8}, "first"), table({"a": -4.0, "b": UNSURE}, "second")
    found = agreement_of([first, second])
    assert found.experiments == ("first", "second")
    a, b = found.rungs
    words = [each and each.verdict.word for each in (*a.steps, *b.steps)]
    assert words == ["gain", "loss", "small gain", "inconclusive"]
    assert a.steps[0] is not None
    assert a.steps[0].step == first.rows[1].step


def test_a_rung_that_one_does_not_have_is_left_empty_there() -> None:
    found = agreement_of([table({"a": 4.0, "b": 4.0}), table({"c": 4.0, "b": 4.0}), table({"b": 4.0})])
    rungs = {each.rung: each for each in found.rungs}
    assert [*rungs] == ["a", "b", "c"]
    assert [each is None for each in rungs["a"].steps] == [False, True, True]
    assert (rungs["a"].word, rungs["b"].word) == ("cannot tell", "agree")


def share(one: RungAgreement) -> tuple[int, int]:
    return one.positive.won, one.positive.of


def test_signs_are_counted_with_exact_bounds() -> None:
    found = agreement_of([table({"a": 4.0}), table({"a": 0.2}), table({"a": -4.0})])
    (one,) = found.rungs
    exact = binomtest(2, 3).proportion_ci(method="exact")
    assert share(one) == (2, 3)
    assert (one.positive.low, one.positive.high) == pytest.approx((exact.low, exact.high))


def test_a_step_of_nothing_has_no_sign() -> None:
    found = agreement_of([table({"a": (0.0,) * 5}), table({"a": 4.0})])
    assert share(found.rungs[0]) == (1, 1)


def test_all_rungs_together_tell_how_many_signs_agree() -> None:
    found = agreement_of([table({"a": 4.0, "b": 4.0, "c": -4.0}), table({"a": 1.0, "b": -1.0, "c": -1.0, "d": 9.0})])
    assert found.signs is not None
    assert (found.signs.won, found.signs.of) == (2, 3)  # a and c, of the three that both have


def signs(found: Agreement) -> object:
    return found.signs


def test_a_single_experiment_and_strangers_have_no_signs_to_agree_on() -> None:
    assert signs(agreement_of([table({"a": 4.0})])) is None
    strangers = agreement_of([table({"a": 4.0}), table({"b": 4.0})])
    assert (signs(strangers), strangers.none_shared) == (None, True)
    assert agreement_of([]) == Agreement((), (), None, False, ())


def test_a_hole_leaves_the_rung_unmeasured() -> None:
    plan = plan_of([Rung("a", (), ())], replicates=5)
    results = results_of(plan, {"baseline": [50.0] * 5, "+ a": [54.0] * 5})
    holed = ladder_table(Evidence(plan, results.iloc[:-1]))
    found = agreement_of([holed, table({"a": 4.0})])
    assert found.rungs[0].steps[0] is not None
    assert (found.rungs[0].steps[0].step, found.rungs[0].steps[0].verdict.word) == (None, "invalid")
    assert (share(found.rungs[0]), found.rungs[0].word, found.signs) == ((1, 1), "cannot tell", None)


def test_controls_are_no_improvements() -> None:
    plan = plan_of([Rung("a", (), ()), Rung("again", (), (), control=True)], replicates=5)
    scores = {"baseline": [50.0] * 5, "+ a": [54.0] * 5, "+ again": [54.0] * 5}
    found = agreement_of([ladder_table(Evidence(plan, results_of(plan, scores)))])
    assert [each.rung for each in found.rungs] == ["a"]


def rung(*differences: tuple[str, str | None, str | None]) -> list[Rung]:
    return [Rung("a", (), differences)]


GAMMA = ("loss.gamma", None, "2.0")


@pytest.mark.parametrize(
    ("others", "differing"),
    [
        ([], ()),
        ([rung(GAMMA), rung(GAMMA)], ()),
        ([rung(GAMMA), rung(("loss.gamma", None, "1.0"))], ("loss.gamma",)),
        ([rung(GAMMA), rung(GAMMA, ("loss.alpha", None, "0.25"))], ("loss.alpha",)),
        ([rung(GAMMA), rung(("loss.gamma", "1.0", "2.0"))], ("loss.gamma",)),
    ],
)
def test_rungs_of_one_name_that_change_other_settings_are_noted(
    others: list[list[Rung]], differing: tuple[str, ...]
) -> None:
    found = agreement_of([table({"a": 4.0}), table({"a": 4.0})], others)
    assert found.rungs[0].differing == differing


def test_other_metrics_are_noted() -> None:
    found = agreement_of([table({"a": 4.0}), table({"a": 4.0}, metric="macro_f1")])
    assert found.metrics == ("accuracy", "macro F1")
    assert agreement_of([table({"a": 4.0}), table({"a": 4.0})]).metrics == ("accuracy",)
