"""Planned looks and others, in words."""

from __future__ import annotations

import pytest

from ablation.analysis.verdict.looks import Looks, UnplannedLooks
from ablation.reporting.texts.looks_text import looks_lines


def test_one_look_as_planned_says_nothing() -> None:
    assert looks_lines(Looks((5,), 5, 0.05, 0.05, True)) == ()


def test_planned_looks_share_alpha() -> None:
    assert looks_lines(Looks((5, 10, 20), 10, 0.05 / 3, 0.05, True)) == (
        "planned at 5, 10 and 20 replicates, which share alpha .05: .017 each",
    )


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
    assert looks_lines(looks)[-1] == line
