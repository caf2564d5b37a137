"""A study over a grid has no more trials than the grid has points."""

from __future__ import annotations

from typing import Any

import pytest
from function_study import LOSS, RATE, function_plan

from ablation.errors import UserError
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.study_plan import Draw, Study
from ablation.tuning.distributions import grid_values
from ablation.tuning.grid import grid_points, no_larger_than_grid
from ablation.tuning.sampling import check_sampler

WIDTH = Parameter("model.backbone.width", "int", 2, 1, 4, step=1)
TTA = Parameter("inference.tta", "categorical", "a", choices=("a", "b", "c"))


def study(sampler: str, trials: int) -> Study:
    def suggest(draw: Draw) -> dict[str, Any]:
        return {each.path: draw(each) for each in (WIDTH, TTA)}

    plan = function_plan(space=SearchSpace((WIDTH, TTA), ()), sampler=sampler, trials=trials)
    return Study(plan, lambda values, replicate: pytest.fail("nothing is trained"), suggest, suggest(lambda p: p.own))


def test_the_trials_are_capped_at_the_points_and_it_is_reported() -> None:
    found = no_larger_than_grid(study("grid", trials=40)).plan
    assert found.trials == 4 * 3
    assert "12 trials and not 40" in found.space.notices[0]


@pytest.mark.parametrize(("sampler", "trials"), [("grid", 12), ("grid", 5), ("random", 40)])
def test_a_study_that_fits_is_left_as_it_is(sampler: str, trials: int) -> None:
    given = study(sampler, trials)
    assert no_larger_than_grid(given) is given


def test_a_grid_goes_through_steps_whole_numbers_and_choices() -> None:
    assert grid_values(Parameter("a", "float", 0.0, 0.0, 0.3, step=0.1)) == (0.0, 0.1, 0.2, 0.3)
    assert grid_values(Parameter("a", "float", 0.0, 0.0, 0.35, step=0.1)) == (0.0, 0.1, 0.2, 0.3)
    assert grid_values(Parameter("a", "int", 3, 2, 9, step=3)) == (2, 5, 8)
    assert grid_values(Parameter("a", "int", 3, 2, 4)) == (2, 3, 4)
    assert grid_values(LOSS) == LOSS.choices


def test_a_grid_is_shuffled_by_the_seed_alone() -> None:
    steps = Parameter("x", "int", 0, 0, 9)
    points = [grid_points(lambda draw: {"x": draw(steps)}, {"x": 0}, seed) for seed in (0, 0, 1)]
    assert points[0] == points[1] != points[2]
    assert sorted(each["x"] for each in points[2]) == list(range(1, 10))


def test_a_grid_of_one_point_that_is_the_recipes_own_is_empty() -> None:
    only = Parameter("x", "categorical", 1, choices=(1,))
    assert grid_points(lambda draw: {"x": draw(only)}, {"x": 1}, 0) == ()


@pytest.mark.parametrize(
    ("parameter", "problem"),
    [(RATE, "which numbers to try"), (Parameter("x", "int", 0, 0, 100_000), "more than 10000 values")],
)
def test_a_grid_over_what_cannot_be_counted_is_refused(parameter: Parameter, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        check_sampler("grid", SearchSpace((parameter,), ()))


def test_a_grid_with_too_many_points_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablation.tuning.grid.LARGEST_GRID", 30)
    wide = [Parameter(name, "int", 0, 0, 9) for name in "ab"]
    with pytest.raises(UserError, match="more than 30 points"):
        grid_points(lambda draw: {each.path: draw(each) for each in wide}, {}, 0)
