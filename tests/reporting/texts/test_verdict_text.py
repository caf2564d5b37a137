"""Reasons of verdicts and problems of runs, in words."""

from __future__ import annotations

import itertools
import typing

import pytest

from ablation.analysis.verdict.verdict import (
    Cause,
    ControlDiffers,
    Fault,
    Faulty,
    Mismatch,
    Missing,
    NeedsMore,
    NoScore,
    NotAdjusted,
    Reason,
    SmallClass,
    TooFewReplicates,
    UnequalReplicates,
    Unfinished,
    Verdict,
    WithinMargin,
)
from ablation.reporting.texts.verdict_text import CAUSES, fault_text, verdict_reason

FAULTS: list[tuple[Fault, str]] = [
    (Missing("+ a", 1, 5), "+ a: 1 of 5 runs missing"),
    (Unfinished("+ a", 4, 5), "+ a: 4 of 5 runs finished"),
    (Unfinished("+ a", 3, 5, 1, "out of memory"), "+ a: 3 of 5 runs finished, 1 failed (out of memory)"),
    (Unfinished("+ a", 3, 5, 2), "+ a: 3 of 5 runs finished, 2 failed"),
    (UnequalReplicates("+ a", 4, 5), "+ a: 4 replicates, the others 5"),
    (NoScore("+ a", "AUROC"), "+ a: a finished run has no AUROC"),
    (
        Mismatch("images", (("+ a", 1), ("+ b", 2))),
        "+ a (1 runs), + b (2 runs): tested on other images than the rest",
    ),
    (Mismatch("code", (("+ a", 1),)), "+ a (1 runs): made with other code than the rest"),
    (Mismatch("data", (("+ a", 1),)), "+ a (1 runs): made from other data than planned"),
    (ControlDiffers("A/A"), "the control A/A changes nothing and differs from the row above"),
]

REASONS: list[tuple[Reason, str]] = [
    (TooFewReplicates(4), "4 replicates, 5 at least for a claim"),
    (SmallClass("a", 2, "macro F1"), "class a has 2 test images, 5 at least for a verdict on macro F1"),
    (WithinMargin(1.5), "within ±1.5"),
    (NotAdjusted(0.016666), "not below 0.0167 once adjusted for the number of comparisons"),
    (NeedsMore(2.0, 1), "about 1 more replicate to find 2"),
    (NeedsMore(2.0, 51), "about 51 more replicates, or more test images, to find 2"),
    (NeedsMore(2.0, 0), "2 would have been found four times in five; more replicates narrow the interval"),
    (NeedsMore(2.0, None), "this test set is too small to find 2, however many replicates"),
]


def worded(reason: Reason) -> str:
    return verdict_reason(Verdict("inconclusive", reason))


@pytest.mark.parametrize(("fault", "text"), FAULTS)
def test_a_fault_says_whose_runs_and_what(fault: Fault, text: str) -> None:
    assert fault_text(fault) == text


@pytest.mark.parametrize(("reason", "text"), REASONS)
def test_a_reason_has_its_numbers(reason: Reason, text: str) -> None:
    assert worded(reason) == text


def test_several_faults_are_one_clause() -> None:
    (one, first), (other, second) = itertools.islice(FAULTS, 2)
    assert worded(Faulty((one, other))) == f"{first}; {second}"


def test_every_cause_has_words_of_its_own() -> None:
    assert set(CAUSES) == set(typing.get_args(Cause))
    assert len({worded(cause) for cause in CAUSES}) == len(CAUSES)


def test_every_kind_of_fault_and_reason_is_worded_here() -> None:
    assert {type(fault) for fault, _ in FAULTS} == set(typing.get_args(Fault))
    kinds = {type(reason) for reason, _ in REASONS} | {Faulty}
    assert kinds == {kind for kind in typing.get_args(Reason) if isinstance(kind, type)}


def test_a_verdict_without_a_reason_has_no_words() -> None:
    assert verdict_reason(Verdict("gain")) == ""
    assert verdict_reason(Verdict("identical", "bit_for_bit")) == "bit for bit"
