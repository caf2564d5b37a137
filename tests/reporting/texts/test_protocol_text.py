"""What was declared, changed and asked again, in words."""

from __future__ import annotations

import dataclasses

import pytest
from ladders import plan_of, promised

from ablation.analysis.verdict.looks import Looks, UnplannedLooks
from ablation.experiment.planning.plan import Rung
from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import (
    ChangedRungs,
    ChangedSetting,
    ChangedTuning,
    Preregistration,
    Protocol,
    ProtocolChange,
)
from ablation.reporting.texts.protocol_text import change_text, confirmation_lines, declared_text, looks_lines

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
