"""What a look at so many replicates may claim."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladders import plan_of, promised
from scipy.stats import ttest_1samp

from ablation.analysis.verdict.looks import Looks, UnplannedLooks, looks_of
from ablation.experiment.planning.plan import Plan, Rung


def planned(replicates: int, *looks: int, alpha: float = 0.05) -> Plan:
    plan = plan_of([Rung("aug", promised(2, 4), ())], replicates)
    return dataclasses.replace(plan, looks=looks, alpha=alpha)


def test_one_look_as_planned_has_all_of_alpha_and_nothing_to_say() -> None:
    assert looks_of(planned(5), ()) == Looks((5,), 5, 0.05, 0.05, True)


def test_looking_again_at_the_same_replicates_is_the_same_look() -> None:
    assert looks_of(planned(5), (5,)) == looks_of(planned(5), ())


@pytest.mark.parametrize("now", [5, 10, 20])
def test_planned_looks_share_alpha_equally(now: int) -> None:
    found = looks_of(planned(now, 5, 10, 20), [each for each in (5, 10) if each < now])
    assert (found.planned, found.now, found.planned_look) == ((5, 10, 20), now, True)
    assert found.alpha == pytest.approx(0.05 / 3)
    assert (found.alpha_in_all, found.unplanned) == (0.05, None)


def test_replicates_added_after_a_look_say_what_they_cost() -> None:
    found = looks_of(planned(8), (5,))
    assert (found.planned, found.planned_look, found.alpha) == ((5,), False, 0.05)
    assert found.unplanned is not None
    assert found.unplanned.taken == (5, 8)
    nothing = np.random.default_rng(0).normal(size=(20_000, 8))
    p = np.array([ttest_1samp(nothing[:, :look], 0, axis=1).pvalue for look in (5, 8)])
    assert (p <= 0.05).any(axis=0).mean() == pytest.approx(found.unplanned.rate, abs=0.004)  # two standard errors


def test_an_unplanned_look_between_planned_ones_is_reported_at_all_of_them() -> None:
    between, after = looks_of(planned(7, 5, 10), (5,)), looks_of(planned(10, 5, 10), (5, 7))
    assert (between.alpha, between.planned_look, after.planned_look) == (0.025, False, True)
    assert between.unplanned is not None
    assert between.unplanned.taken == (5, 7)
    assert between.unplanned.rate < between.alpha_in_all
    assert after.unplanned is not None
    assert after.unplanned.taken == (5, 7, 10)


def test_going_back_to_fewer_replicates_is_one_more_look() -> None:
    looks = looks_of(planned(5), (8,))
    assert (looks.planned, looks.unplanned) == ((8,), UnplannedLooks((5, 8), pytest.approx(0.084, abs=0.001)))


@pytest.mark.parametrize("taken", [(1,), (3, 4), (2, 3, 4)])
def test_too_few_replicates_to_claim_anything_spend_nothing(taken: tuple[int, ...]) -> None:
    assert looks_of(planned(5), taken) == looks_of(planned(5), ())
    assert looks_of(planned(3), taken) == Looks((3,), 3, 0.05, 0.05, True)


@pytest.mark.parametrize("purpose", ["confirm", "calibrate"])
def test_fresh_replicates_are_looked_at_once_whatever_the_ladder_was(purpose: str) -> None:
    plan = dataclasses.replace(planned(10, 5, 20), purpose=purpose)
    assert looks_of(plan, (5, 7)) == Looks((10,), 10, 0.05, 0.05, True)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 12), max_size=4), st.integers(1, 12), st.sets(st.integers(2, 12), max_size=3))
def test_no_look_has_more_than_alpha_and_every_unplanned_one_is_reported(
    taken: list[int], now: int, looks: set[int]
) -> None:
    found = looks_of(planned(now, *sorted(looks)), taken)
    assert found.alpha * len(found.planned) == pytest.approx(0.05)
    seen = {each for each in (*taken, now) if each >= 5}
    assert (found.unplanned is not None) == bool(seen - set(found.planned))
    assert found.planned_look == (now in found.planned)
