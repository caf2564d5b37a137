"""Contrasts of a plan's designs, evaluated on a game of known worths, measure those worths."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ladders import plan_of

from ablation.analysis.comparison.contrasts import Subsets
from ablation.experiment.planning.plan import Rung
from ablation.stats.attribution import LinearContrast

WORTHS = {"": 80.0, "A": 84.0, "B": 82.0, "C": 80.0, "AB": 85.0, "AC": 84.5, "BC": 83.5, "ABC": 86.5}


def subsets(*designs: str, requires: Sequence[tuple[str, ...]] = ((), (), ()), control: bool = False) -> Subsets:
    rungs = [Rung(name, (), (), requires=needed) for name, needed in zip("ABC", requires, strict=True)]
    return Subsets.of(plan_of([*rungs, *([Rung("same", (), (), control=True)] if control else [])], 2, designs=designs))


def value(contrast: LinearContrast | None) -> float:
    assert contrast is not None
    return sum(weight * WORTHS["".join(sorted(held))] for held, weight in contrast.items())


def test_the_full_design_has_shapley_values() -> None:
    full = subsets("full", control=True)
    assert (full.kind, len(full.variants), full.all) == ("Shapley value", 8, frozenset("ABC"))
    assert [value(full.credit(rung)) for rung in "ABC"] == pytest.approx([43 / 12, 25 / 12, 5 / 6])
    assert len(full.positions("A")) == 4


def test_both_ends_have_midpoints_and_a_residual() -> None:
    ends = subsets("both_ends")
    assert ends.kind == "midpoint"
    assert [value(ends.alone(rung)) for rung in "ABC"] == [4, 2, 0]
    assert [value(ends.left_out(rung)) for rung in "ABC"] == [3, 2, 1.5]
    assert [value(ends.credit(rung)) for rung in "ABC"] == [3.5, 2, 0.75]
    assert [value(ends.step(rung)) for rung in "ABC"] == [4, 1, 1.5]
    assert value(ends.residual()) == pytest.approx(0.25)


def test_a_rung_with_requirements_has_no_credit() -> None:
    chain = subsets("both_ends", requires=((), ("A",), ("B",)))
    assert (chain.below("C"), chain.above("A")) == (frozenset("AB"), frozenset("BC"))
    assert [chain.credit(rung) for rung in "ABC"] == [None] * 3
    assert chain.residual() is None


def test_the_ladder_alone_does_not_attribute() -> None:
    assert not subsets().attributes
