"""What a study did is told in the unit and the direction of its metric; what waits for one is judged by nothing."""

from __future__ import annotations

import dataclasses
import math

import pytest
from ladders import judged, results_of
from tuned_ladder import SCORES, each_ladder, tuned_ladder, tuned_of, waiting_ladder

from ablation.analysis.verdict.tuning import (
    Effort,
    StudyUse,
    Tuning,
    Unplanned,
    effort,
    study_behind,
    tunings,
    unplanned,
)
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.invocation import TUNE, Remedy


def told(**changes: object) -> Tuning:
    return tunings(dataclasses.replace(tuned_ladder(), tuned=(tuned_of(**changes),)))[0]


def test_a_proportion_is_reported_in_points() -> None:
    found = told()
    assert found.score == pytest.approx(92.34)
    assert found.own_score == pytest.approx(91.02)
    assert found.gain == pytest.approx(1.32)
    worth = found.settings[0].worth
    assert worth is not None
    assert (worth.value, worth.low, worth.high) == pytest.approx((1.2, 0.3, 2.4))
    share = found.settings[0].share
    assert share is not None
    assert (share.value, share.low, share.high) == (0.61, 0.40, 0.80)  # a share has no unit


def test_a_lower_loss_is_a_gain_and_a_worth_keeps_its_sign() -> None:
    importance = Importance("loss.gamma", 0.5, 0.1, 0.9, 0.2, 0.1, 0.3)
    found = told(metric="log_loss", score=0.30, own_score=0.55, importances=(importance,))
    assert (found.score, found.own_score) == (0.30, 0.55)
    assert found.gain == pytest.approx(0.25)
    assert found.settings[0].worth is not None
    assert found.settings[0].worth.value == 0.2  # positive when better, as the study has it


def test_the_most_important_setting_comes_first_and_none_is_lost() -> None:
    assert [each.path for each in told().settings] == ["optimizer.lr", "loss.gamma", "loss.alpha", "augment.policy"]


def test_an_importance_of_a_setting_that_the_best_trial_did_not_have_is_left_out() -> None:
    gone = Importance("loss.epsilon", 0.9, 0.8, 1.0, 0.1, 0.0, 0.2)
    assert "loss.epsilon" not in [each.path for each in told(importances=(gone,)).settings]


def test_what_is_not_known_is_none() -> None:
    settings = {each.path: each for each in told().settings}
    assert settings["loss.alpha"].worth is None
    assert settings["loss.alpha"].share is not None
    assert settings["augment.policy"].share is None
    assert settings["augment.policy"].own is None


def test_an_own_trial_that_did_not_finish_gives_no_gain() -> None:
    assert math.isnan(told(own_score=math.nan).gain)


@pytest.mark.parametrize(("low", "high", "excludes"), [(0.001, 0.02, True), (-0.02, -0.001, True), (-0.1, 0.1, False)])
def test_whether_an_interval_excludes_zero(low: float, high: float, excludes: bool) -> None:
    worth = told(importances=(Importance("loss.gamma", 0.5, 0.1, 0.9, 0.0, low, high),)).settings[0].worth
    assert worth is not None
    assert worth.excludes_zero is excludes


def test_every_variant_with_the_tuned_rung_took_its_values() -> None:
    found = tunings(tuned_ladder(leave_one_out=True))
    assert found[0].variants == ("+ Final tuning", "all but Focal loss", "all but OneCycle")


def test_a_study_of_each_variant_is_behind_that_variant_alone() -> None:
    plan = each_ladder(8, 8, 8)
    assert [each.variants for each in tunings(plan)] == [(name,) for name in plan.ladder_rows]


def study_name(found: Tuned | None) -> str | None:
    return found.study if found else None


def test_the_rows_above_a_tuned_rung_have_no_study_behind_them() -> None:
    plan = tuned_ladder()
    found = [study_name(study_behind(plan, name)) for name in plan.ladder_rows]
    assert found == [None, None, None, "golden: + OneCycle"]


def test_a_rung_that_waits_names_the_study_that_it_waits_for() -> None:
    assert unplanned(waiting_ladder()) == (Unplanned("Final tuning", TUNE),)
    another = Remedy("tune", ("--study", "new"))
    assert unplanned(dataclasses.replace(waiting_ladder(), remedy=another)) == (Unplanned("Final tuning", another),)


def without_waiting(plan: Plan) -> Plan:
    return dataclasses.replace(plan, unplanned=())


def test_a_rung_that_waits_changes_no_row_no_verdict_and_no_problem() -> None:
    plan = waiting_ladder()
    waits, plain = (judged(each, results_of(plan, SCORES)) for each in (plan, without_waiting(plan)))
    same_plan = dataclasses.replace(waits, unplanned=(), conditions=plain.conditions)
    assert repr(same_plan) == repr(plain)  # a NaN equals nothing, and is in both
    assert [each.rung for each in waits.unplanned] == ["Final tuning"]


def test_the_step_of_a_tuned_row_is_judged_as_any_other() -> None:
    plan = tuned_ladder()
    untuned = dataclasses.replace(
        plan, tuned=(), variants=tuple(dataclasses.replace(each, trials=0) for each in plan.variants)
    )
    tuned, plain = (judged(each, results_of(plan, SCORES)) for each in (plan, untuned))
    assert [row.step for row in tuned.rows] == [row.step for row in plain.rows]
    assert [row.verdict for row in tuned.rows] == [row.verdict for row in plain.rows]
    assert [row.scored.trials for row in tuned.rows] == [0, 0, 0, 20]
    assert tuned.problems == ()


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
