"""Notes on a rung."""

from __future__ import annotations

import math

import pytest
from ladders import plan_of, results_of

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.table import ladder_table
from ablation.analysis.verdict.attribution import RungAttribution
from ablation.experiment.planning.plan import Rung
from ablation.reporting.texts.rung_notes import left_out_note, required_note


def test_a_row_that_leaves_several_rungs_out_names_the_others() -> None:
    plan = plan_of([Rung("a", (), ()), Rung("b", (), (), requires=("a",))], replicates=2, leave_one_out=True)
    scores = {each.name: [80.0, 81.0 + place] for place, each in enumerate(plan.variants)}
    table = ladder_table(Evidence(plan, results_of(plan, scores)))
    assert [left_out_note(row) for row in table.left_out] == ["with it: b", ""]


@pytest.mark.parametrize(
    ("requires", "required_by", "note"),
    [
        ((), (), ""),
        (("a",), (), "alone on top of a"),
        (("a", "b"), ("c",), "alone on top of a, b; left out together with c"),
    ],
)
def test_rungs_that_stand_together_are_named(
    requires: tuple[str, ...], required_by: tuple[str, ...], note: str
) -> None:
    row = RungAttribution("r", None, None, None, None, None, math.nan, math.nan, 0, requires, required_by)
    assert required_note(row) == note
