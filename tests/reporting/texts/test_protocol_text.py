"""What was declared, changed, tuned, looked at and asked again, in words."""

from __future__ import annotations

import dataclasses

import pytest
from ladders import plan_of, promised
from tuned_ladder import each_ladder, tuned_ladder, waiting_ladder

from ablation.analysis.verdict.looks import Looks, UnplannedLooks
from ablation.analysis.verdict.tuning import effort as effort_of
from ablation.experiment.planning.plan import Plan, Rung
from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import (
    ChangedRungs,
    ChangedSetting,
    ChangedTuning,
    Preregistration,
    Protocol,
    ProtocolChange,
)
from ablation.reporting.texts.protocol_text import (
    change_text,
    confirmation_lines,
    declared_text,
    effort_text,
    looks_lines,
)

FIRST = Protocol.of(plan_of([Rung("a", promised(1), ())], replicates=5))
ASKED = Confirmation("0123456789abcdef", 10, on_test=False, number=1, questions=1, changed=(), chance=0.05)


def test_what_was_declared_stands_with_its_hash() -> None:
    shown = FIRST.hash[:8]
    assert declared_text(Preregistration(FIRST, (), ())) == f"as first declared (hash {shown})"
    changes = (ChangedSetting("margin", 2.0, 1.0), ChangedSetting("replicates", 5, 8))
    assert declared_text(Preregistration(FIRST, changes, (5,))) == (
        f"first declared with hash {shown}; since then: margin 2 -> 1; replicates 5 -> 8"
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (ChangedSetting("metric", "accuracy", "macro_f1"), "metric accuracy -> macro_f1"),
        (ChangedSetting("alpha", 0.05, 0.1), "alpha 0.05 -> 0.1"),
        (ChangedSetting("looks", (), (5, 10)), "looks none -> 5, 10"),
        (ChangedRungs("removed", ("b",)), "without b"),
        (ChangedRungs("added", ("d", "e")), "with d, e"),
        (ChangedRungs("order", ("c", "a")), "in the order c, a"),
        (ChangedTuning("removed"), "tuned settings left out"),
        (ChangedTuning("replaced"), "tuned settings of another study"),
        (ChangedTuning("each_added"), "with a study of every variant's own"),
        (ChangedTuning("each_removed"), "without a study of every variant's own"),
    ],
)
def test_every_change_has_its_words(change: ProtocolChange, text: str) -> None:
    assert change_text(change) == text


def test_a_confirmation_on_images_set_aside_that_was_asked_once_says_what_it_is() -> None:
    assert [*confirmation_lines(ASKED)] == [
        "Confirmed: 10 fresh replicates of the baseline and one final recipe (01234567)."
    ]


def test_a_confirmation_on_the_test_set_says_so_and_how_often_it_was_asked() -> None:
    again = dataclasses.replace(
        ASKED, on_test=True, number=2, questions=2, changed=("recipe", "replicates"), chance=0.1
    )
    _, selected, asked = confirmation_lines(again)
    assert selected.startswith("Selected on this test set: ")
    assert "question 2 of 2 put to the same replicates, with another recipe, replicates; " in asked
    assert asked.endswith("is up to 0.1.")


def test_one_look_as_planned_says_nothing() -> None:
    assert [*looks_lines(Looks((5,), 5, 0.05, 0.05, True))] == []


def test_planned_looks_share_alpha() -> None:
    assert [*looks_lines(Looks((5, 10, 20), 10, 0.05 / 3, 0.05, True))] == [
        "planned at 5, 10 and 20 replicates, which share alpha .05: .017 each"
    ]


@pytest.mark.parametrize(
    ("looks", "line"),
    [
        (
            Looks((5,), 8, 0.05, 0.05, False, UnplannedLooks((5, 8), 0.0837)),
            "looked at 5 and 8 replicates, planned was one look at 5: the chance of a false gain is about .084 a step, "
            "not .05",
        ),
        (
            Looks((5, 10), 7, 0.025, 0.05, False, UnplannedLooks((5, 7), 0.041)),
            "looked at 5 and 7 replicates, planned was 2 looks at 5 and 10: the chance of a false gain is about .041 a "
            "step, within .05",
        ),
    ],
)
def test_looks_that_were_not_planned_say_what_they_cost(looks: Looks, line: str) -> None:
    assert [*looks_lines(looks)][-1] == line


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


def test_equal_effort_is_reported_as_such_with_the_trials_that_gave_nothing_and_what_they_share_with_the_ladder() -> (
    None
):
    assert words(each_ladder(8, 8, 8)).split("; ") == [
        "every row took the best of 8 trials of its own study, whose best score on validation is optimistic",
        "of these trials failed 1 of baseline, 1 of + Focal loss and 1 of + OneCycle",
        "trials ran under the ladder's first 2 replicates, so both share their luck",
        "ablation confirm uses fresh ones",
    ]


def test_a_study_that_found_nothing_better_is_reported_where_no_row_was_tuned() -> None:
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


def test_rows_that_leave_a_rung_out_are_reported_with_the_study_they_took_from() -> None:
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
