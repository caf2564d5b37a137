"""The footer tells whose settings are the best of how many trials, and where that makes a comparison unequal."""

from __future__ import annotations

import dataclasses

import pytest
from tuned_ladder import each_ladder, tuned_ladder, waiting_ladder

from ablation.analysis.verdict.tuning import effort as effort_of
from ablation.experiment.planning.plan import Plan
from ablation.reporting.texts.effort_text import effort_text


def words(plan: Plan) -> str:
    return effort_text(effort_of(plan))


def with_trials(plan: Plan, **trials: int) -> Plan:
    changed = {name.replace("_", " "): number for name, number in trials.items()}
    return dataclasses.replace(
        plan, variants=tuple(dataclasses.replace(v, trials=changed.get(v.name, v.trials)) for v in plan.variants)
    )


def test_a_ladder_without_studies_says_so() -> None:
    assert words(waiting_ladder()) == "no row was tuned by a study"


def test_a_tuned_rung_says_what_its_step_contains() -> None:
    told = words(tuned_ladder())
    assert '+ Final tuning took the best of 20 trials of the study "golden: + OneCycle"' in told
    assert "whose best score on validation is optimistic" in told
    assert (
        "the step of + Final tuning contains the tuning effort of 20 trials, which the row above did not have" in told
    )
    assert "the gain over the baseline of + Final tuning contains it too" in told


def test_equal_effort_is_told_as_such_with_the_trials_that_gave_nothing_and_what_they_share_with_the_ladder() -> None:
    assert words(each_ladder(8, 8, 8)).split("; ") == [
        "every row took the best of 8 trials of its own study, whose best score on validation is optimistic",
        "of these trials failed 1 of baseline, 1 of + Focal loss and 1 of + OneCycle",
        "trials ran under the ladder's first 2 replicates, so luck there is luck here",
        "ablation confirm uses fresh ones",
    ]


def test_a_study_that_found_nothing_better_is_told_where_no_row_was_tuned() -> None:
    found = tuned_ladder().tuned
    assert words(dataclasses.replace(waiting_ladder(), tuned=found)) == (
        '20 trials of the study "golden: + OneCycle" found nothing better than the row\'s own'
    )


def test_a_confirmation_shares_no_replicate_with_its_study() -> None:
    assert "luck" not in words(dataclasses.replace(tuned_ladder(), purpose="confirm"))


def test_one_trial_is_one_trial() -> None:
    assert "the best of 1 trial of its own" in words(each_ladder(1, 1, 1))


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        ((0, 8, 8), "the step of + Focal loss contains the tuning effort of 8 trials"),
        ((8, 5, 8), "the row above + Focal loss had the tuning effort of 3 trials more"),
        ((8, 5, 8), "the step of + OneCycle contains the tuning effort of 3 trials"),
    ],
)
def test_every_unequal_step_is_words(trials: tuple[int, ...], told: str) -> None:
    assert told in words(each_ladder(*trials))


def test_a_step_between_rows_of_equal_effort_is_not_words() -> None:
    assert "the step of + OneCycle" not in words(each_ladder(0, 8, 8))


def test_rows_that_leave_a_rung_out_are_told_with_the_study_they_took_from() -> None:
    told = words(tuned_ladder(leave_one_out=True))
    assert "+ Final tuning, all but Focal loss and all but OneCycle took the best of 20 trials" in told
    assert "what the full recipe has over" not in told  # the row without the tuned rung is the ladder's own


def test_a_row_left_out_that_was_tuned_less_is_words() -> None:
    plan = with_trials(tuned_ladder(leave_one_out=True), all_but_Focal_loss=0)
    assert "what the full recipe has over all but Focal loss contains tuning effort" in words(plan)


def test_a_row_of_another_design_that_took_the_values_is_named_too() -> None:
    plan = tuned_ladder()
    alone = dataclasses.replace(plan.variant("+ Final tuning"), name="only Final tuning", rungs=("Final tuning",))
    told = words(dataclasses.replace(plan, variants=(*plan.variants, alone)))
    assert told.startswith("+ Final tuning and only Final tuning took the best of 20 trials")
