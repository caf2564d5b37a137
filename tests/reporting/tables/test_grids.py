"""Grids: a block for everything that was measured, and no p-value under five replicates."""

from __future__ import annotations

import numpy as np
from ladders import judged, plan_of, results_of

from ablation.experiment.planning.plan import Rung
from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.records import records


def test_everything_that_was_measured_has_its_block(rich):
    titles = "\n".join(grid.title for grid in grids(rich))
    for part in ("golden: accuracy", "Promised", "precise", "Left out", "corrupted", "worth", "pairs", "keep", "Cost"):
        assert part in titles


def test_under_five_replicates_no_p_is_reported_anywhere():
    plan = plan_of([Rung("a", (), ()), Rung("b", (), ())], 4, designs=["full"])
    scores = {
        each.name: 80 + 2 * len(each.rungs) + np.array([0.1, 0.3, 0.2, 0.7]) * len(each.name) for each in plan.variants
    }
    table = judged(plan, results_of(plan, scores))
    for grid in grids(table):
        for place, title in enumerate(grid.header):
            if title.startswith("p ") or title == "sign-flip p":
                assert {row[place].text for row in grid.rows} <= {"", "-"}
    assert not [
        key
        for record in records(table)
        for key in record
        if "_p" in key and key.endswith(("_p", "_adjusted")) and record[key]
    ]
