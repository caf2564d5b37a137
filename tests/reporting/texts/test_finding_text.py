"""Findings in a clause, with their numbers."""

from __future__ import annotations

import typing

import pytest

from ablation.analysis.diagnosis.history import Finding, Sign
from ablation.reporting.texts.finding_text import CLAUSES, finding_text

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
