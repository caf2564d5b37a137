"""Footer lines of findings: who, how many, what, and a patch that reads back."""

from __future__ import annotations

import yaml

from ablation.analysis.diagnosis.history import Finding
from ablation.reporting.texts.warnings_text import warning_lines

STUCK = Finding("one_class", 4, "one_answer", {"name": "happy", "share": 0.98}, {"loss": {"a": 0.0}})
FLAT = Finding("not_learning", 1, "loss_stays", {"first": 1.4, "last": 1.39, "epochs": 9}, None)
FACTS = {"gap": 0.2, "least": 0.5, "last": 0.7}
WIDE = Finding(
    "overfitting", 9, "gap_and_rising_loss", FACTS, {"augment": {"name": "basic"}, "optimizer": {"lr": 2e-06}}
)


def test_a_line_says_which_variant_how_many_replicates_what_and_what_to_try():
    lines = warning_lines({"baseline": [[], []], "Focal loss": [[STUCK], [], [STUCK], [STUCK], []]})
    assert lines == (
        "Focal loss, 3 of 5 replicates: predicts one class only (happy, 98 % of validation from epoch 4); "
        "try  patch: {loss: {a: 0.0}}",
    )


def test_the_patch_can_be_pasted():
    (line,) = warning_lines({"baseline": [[WIDE]]})
    assert line.startswith("baseline, its only replicate: overfitting")
    pasted = yaml.safe_load(line.partition("; try  ")[2])
    assert pasted == {"patch": {"augment": "basic", "optimizer": {"lr": 2e-06}}}


def test_lines_are_grouped_by_kind_gravest_first_and_by_advice():
    found = {"a": [[FLAT, WIDE]], "b": [[STUCK, FLAT]], "c": [[FLAT], [FLAT]]}
    starts = [line.partition(":")[0] for line in warning_lines(found)]
    only = "its only replicate"
    assert starts == [f"b, {only}", f"a, {only}; b, {only}; c, 2 of 2 replicates", f"a, {only}"]
    assert "in the first of these" in warning_lines(found)[1]


def test_without_findings_there_are_no_lines():
    assert warning_lines({"a": [[], []], "b": []}) == ()
