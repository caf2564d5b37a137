"""Whose settings are the best of how many trials, and where that makes a comparison unequal."""

from __future__ import annotations

import dataclasses

import pytest
from tuned_ladder import each_ladder, tuned_ladder, waiting_ladder

from ablation.analysis.verdict.tuning_effort import Effort, StudyUse, effort
from ablation.experiment.planning.plan import Plan

STUDY = "golden: + OneCycle"


def with_trials(plan: Plan, **trials: int) -> Plan:
    changed = {name.replace("_", " "): number for name, number in trials.items()}
    return dataclasses.replace(
        plan, variants=tuple(dataclasses.replace(v, trials=changed.get(v.name, v.trials)) for v in plan.variants)
    )


def test_a_ladder_without_studies_has_no_effort() -> None:
    assert effort(waiting_ladder()) == Effort()


def test_the_step_of_a_tuned_rung_has_the_trials_that_the_row_above_had_not() -> None:
    tuned = effort(tuned_ladder())
    assert tuned.taken == (StudyUse(STUDY, 20, ("+ Final tuning",)),)
    assert (tuned.steps, tuned.more_than_baseline) == ((("+ Final tuning", 20),), ("+ Final tuning",))
    assert tuned.every_row is None


def test_equal_effort_makes_no_step_unequal() -> None:
    equal = effort(each_ladder(8, 8, 8))
    assert (equal.every_row, equal.steps, equal.more_than_baseline) == (8, (), ())
    assert equal.failed == (("baseline", 1), ("+ Focal loss", 1), ("+ OneCycle", 1))
    assert equal.shared == 2


def test_a_study_that_found_nothing_better_is_unused() -> None:
    plan = dataclasses.replace(waiting_ladder(), tuned=tuned_ladder().tuned)
    assert effort(plan) == Effort(unused=(StudyUse(STUDY, 20, ()),))


def test_a_confirmation_shares_no_replicate_with_its_study() -> None:
    assert effort(dataclasses.replace(tuned_ladder(), purpose="confirm")).shared == 0


@pytest.mark.parametrize(
    ("trials", "steps"),
    [
        ((0, 8, 8), (("+ Focal loss", 8),)),
        ((8, 5, 8), (("+ Focal loss", -3), ("+ OneCycle", 3))),
        ((8, 8, 8), ()),
    ],
)
def test_every_unequal_step_is_there(trials: tuple[int, ...], steps: tuple[tuple[str, int], ...]) -> None:
    assert effort(each_ladder(*trials)).steps == steps


def test_rows_that_leave_a_rung_out_are_named_with_the_study_they_took_from() -> None:
    tuned = effort(tuned_ladder(leave_one_out=True))
    assert [each.rows for each in tuned.taken] == [("+ Final tuning", "all but Focal loss", "all but OneCycle")]
    assert tuned.less_than_full == (), "the row without the tuned rung is the ladder's own"


def test_a_row_left_out_that_was_tuned_less_is_named() -> None:
    plan = with_trials(tuned_ladder(leave_one_out=True), all_but_Focal_loss=0)
    assert effort(plan).less_than_full == ("all but Focal loss",)


def test_a_row_of_another_design_that_took_the_values_is_named_too() -> None:
    plan = tuned_ladder()
    alone = dataclasses.replace(plan.variant("+ Final tuning"), name="only Final tuning", rungs=("Final tuning",))
    tuned = effort(dataclasses.replace(plan, variants=(*plan.variants, alone)))
    assert tuned.taken[0].rows == ("+ Final tuning", "only Final tuning")
