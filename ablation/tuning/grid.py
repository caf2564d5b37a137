"""Grid search for a study whose trials are taken one by one: each trial number has its point."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study as OptunaStudy
from optuna.trial import FrozenTrial

from ablation.errors import UserError
from ablation.experiment.search.space import Parameter
from ablation.experiment.search.study_plan import Draw, Study
from ablation.tuning.distributions import grid_values

LARGEST_GRID = 10_000
"""Most points that a grid may have."""


class GridSampler(BaseSampler):
    """Suggests each point once, by the trial's number; trial 0 has the recipe's own values.

    Optuna's grid sampler may give one point to several processes and does not support ask and tell; this one looks
    at no other trial.

    Args:
        points: values as Optuna stores them, by parameter.
    """

    def __init__(self, points: Sequence[Mapping[str, Any]]) -> None:
        self._points = points

    def infer_relative_search_space(self, study: OptunaStudy, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: OptunaStudy, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: OptunaStudy, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._points[trial.number - 1][param_name]


def grid_points(
    suggest: Callable[[Draw], Mapping[str, Any]], own: Mapping[str, Any], seed: int
) -> tuple[dict[str, Any], ...]:
    """All points of a grid except the recipe's own, shuffled by the seed so that the first ones are spread out.

    A point leaves out parameters that its components do not have, and no point occurs twice.

    Args:
        suggest: walks through the space, see ``Study.suggest``.
        own: the recipe's own values.

    Raises:
        UserError: more than ``LARGEST_GRID`` points.
    """
    points, cache = list[dict[str, Any]](), dict[str, tuple[Any, ...]]()
    path: list[int] | None = []
    while path is not None:
        walk = _Walk(path, cache)
        point = dict(suggest(walk))
        if point != dict(own):
            points.append(point)
        if len(points) > LARGEST_GRID:
            remedy = "widen the steps, or use tpe or random"
            raise UserError(f"the grid has more than {LARGEST_GRID} points", place="tune.space", remedy=remedy)
        path = walk.next()
    order = np.random.default_rng(np.random.SeedSequence((seed, len(points)))).permutation(len(points))
    return tuple(points[place] for place in order)


def check_countable(parameter: Parameter) -> None:
    """Refuse a parameter with too many values for a grid.

    Raises:
        UserError: numbers without a step, or more than ``LARGEST_GRID`` of them.
    """
    problem, remedy = "", ""
    if parameter.kind == "float" and parameter.step is None:
        problem = "a grid needs to know which numbers to try"
        remedy = "give it a step, or choices; or use another sampler"
    elif parameter.kind != "categorical" and (parameter.high - parameter.low) / (parameter.step or 1) >= LARGEST_GRID:
        problem, remedy = f"more than {LARGEST_GRID} values for a grid", "widen the step, or use another sampler"
    if problem:
        raise UserError(problem, place=f"tune.space.{parameter.path}", remedy=remedy)


def no_larger_than_grid(study: Study) -> Study:
    """The study with at most as many trials as its grid has points, and a notice if that lowers the number.

    Raises:
        UserError: as ``grid_points``.
    """
    plan = study.plan
    if plan.sampler != "grid":
        return study
    size = 1 + len(grid_points(study.suggest, study.own, plan.seed))
    if size >= plan.trials:
        return study
    notice = f"the grid has {size} points, the row's own among them, so there are {size} trials and not {plan.trials}"
    space = replace(plan.space, notices=(*plan.space.notices, notice))
    return replace(study, plan=replace(plan, trials=size, space=space))


class _Walk:
    """Draws values along one path through a grid, then first values; walks share the values that they computed."""

    def __init__(self, path: list[int], cache: dict[str, tuple[Any, ...]]) -> None:
        self._path, self._cache, self._steps = path, cache, list[tuple[int, int]]()

    def __call__(self, parameter: Parameter) -> Any:
        if parameter.path not in self._cache:
            self._cache[parameter.path] = grid_values(parameter)
        values, depth = self._cache[parameter.path], len(self._steps)
        place = self._path[depth] if depth < len(self._path) else 0
        self._steps.append((place, len(values)))
        return values[place]

    def next(self) -> list[int] | None:
        """The next path in lexicographic order; None after the last one."""
        steps = list(self._steps)
        while steps and steps[-1][0] + 1 == steps[-1][1]:
            steps.pop()
        places = [place for place, _ in steps]
        return [*places[:-1], places[-1] + 1] if places else None
