"""Findings in a clause, with their numbers."""

from __future__ import annotations

import typing

import pytest
import yaml

from ablation.analysis.diagnosis.history import Finding, Sign
from ablation.reporting.texts.finding_text import CLAUSES, finding_text, warning_lines

TEXTS: dict[Sign, tuple[dict[str, float | str], str]] = {
    "loss_not_finite": ({}, "diverged (the training loss is no finite number from epoch 3)"),
    "norm_not_finite": ({}, "exploding gradients (norm not finite from epoch 3)"),
    "norm_grew": (
        {"usual": 1.5, "last": 1e4},
        "exploding gradients (norm 1.5 at first, 1e+04 at the end, from epoch 3)",
    ),
    "norm_over_clip": (
        {"norm": 37.0, "bound": 1.0},
        "gradients far over clip_norm (norm 37, cut to 1 at every step from epoch 3)",
    ),
    "no_gradient": ({"norm": 1e-7}, "vanishing gradients (norm 1.0e-07 from epoch 3)"),
    "gradient_fades": (
        {"first": "backbone.stem", "last": "head", "ratio": 1e-5},
        "vanishing gradients (norm in backbone.stem 1.0e-05 of that in head from epoch 3)",
    ),
    "one_answer": (
        {"name": "100%{x}", "share": 0.984},
        "predicts one class only (100%{x}, 98 % of validation from epoch 3)",
    ),
    "under_chance": (
        {"score": 0.0152, "chance": 0.25},
        "worse than guessing (balanced accuracy 1.5 %, guessing gives 25.0 %, from epoch 3); check that labels match "
        "images and how images are normalised",
    ),
    "at_chance": (
        {"score": 0.25, "chance": 0.25},
        "not learning (balanced accuracy 25.0 %, guessing gives 25.0 %, from epoch 3)",
    ),
    "loss_stays": (
        {"first": 1.2, "last": 1.1987, "epochs": 6},
        "not learning (training loss 1.2 in epoch 1, 1.2 in epoch 6)",
    ),
    "gap_and_rising_loss": (
        {"gap": 0.153, "least": 0.5, "last": 1.0},
        "overfitting (training accuracy 15.3 % above validation, validation loss 0.5 at best and 1 at the end, from "
        "epoch 3)",
    ),
    "no_better": (
        {"best": 0.7, "epochs": 10},
        "plateau (validation accuracy no better than 70.0 % for 10 epochs, from epoch 3)",
    ),
}


def test_every_sign_has_a_clause() -> None:
    assert set(TEXTS) == set(CLAUSES) == set(typing.get_args(Sign))


@pytest.mark.parametrize("sign", TEXTS)
def test_a_clause_has_the_numbers_of_its_finding(sign: Sign) -> None:
    facts, text = TEXTS[sign]
    assert finding_text(Finding("kind", 3, sign, facts, None)) == text


STUCK = Finding("one_class", 4, "one_answer", {"name": "happy", "share": 0.98}, {"loss": {"a": 0.0}})
FLAT = Finding("not_learning", 1, "loss_stays", {"first": 1.4, "last": 1.39, "epochs": 9}, None)
FACTS = {"gap": 0.2, "least": 0.5, "last": 0.7}
WIDE = Finding(
    "overfitting", 9, "gap_and_rising_loss", FACTS, {"augment": {"name": "basic"}, "optimizer": {"lr": 2e-06}}
)


def test_a_line_says_which_variant_how_many_replicates_what_and_what_to_try():
    lines = warning_lines({"baseline": [[], []], "Focal loss": [[STUCK], [], [STUCK], [STUCK], []]})
    assert [*lines] == [
        "Focal loss, 3 of 5 replicates: predicts one class only (happy, 98 % of validation from epoch 4); "
        "try  patch: {loss: {a: 0.0}}"
    ]


def test_the_patch_can_be_pasted():
    (line,) = warning_lines({"baseline": [[WIDE]]})
    assert line.startswith("baseline, its only replicate: overfitting")
    pasted = yaml.safe_load(line.partition("; try  ")[2])
    assert pasted == {"patch": {"augment": "basic", "optimizer": {"lr": 2e-06}}}


def test_lines_are_grouped_by_kind_gravest_first_and_by_advice():
    found = {"a": [[FLAT, WIDE]], "b": [[STUCK, FLAT]], "c": [[FLAT], [FLAT]]}
    lines = [*warning_lines(found)]
    starts = [line.partition(":")[0] for line in lines]
    only = "its only replicate"
    assert starts == [f"b, {only}", f"a, {only}; b, {only}; c, 2 of 2 replicates", f"a, {only}"]
    assert "in the first of these" in lines[1]


def test_without_findings_there_are_no_lines():
    assert [*warning_lines({"a": [[], []], "b": []})] == []
