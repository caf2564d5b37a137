"""A study over a grid has no more trials than the grid has points."""

from __future__ import annotations

from typing import Any

import pytest
from function_study import function_plan

from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.study_plan import Draw, Study
from ablation.tuning.grid import no_larger_than_grid

WIDTH = Parameter("model.backbone.width", "int", 2, 1, 4, step=1)
TTA = Parameter("inference.tta", "categorical", "a", choices=("a", "b", "c"))


def study(sampler: str, trials: int) -> Study:
    def suggest(draw: Draw) -> dict[str, Any]:
        return {each.path: draw(each) for each in (WIDTH, TTA)}

    plan = function_plan(space=SearchSpace((WIDTH, TTA), ()), sampler=sampler, trials=trials)
    return Study(plan, lambda values, replicate: pytest.fail("nothing is trained"), suggest, suggest(lambda p: p.own))


def test_the_trials_are_capped_at_the_points_and_it_is_told() -> None:
    found = no_larger_than_grid(study("grid", trials=40)).plan
    assert found.trials == 4 * 3
    assert "12 trials and not 40" in found.space.notices[0]


@pytest.mark.parametrize(("sampler", "trials"), [("grid", 12), ("grid", 5), ("random", 40)])
def test_a_study_that_fits_is_left_as_it_is(sampler: str, trials: int) -> None:
    given = study(sampler, trials)
    assert no_larger_than_grid(given) is given
