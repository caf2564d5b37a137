"""Walks through a search space: draws the parameters that the recipe has, given the components drawn before."""

from collections.abc import Callable
from typing import Any

from ablation.experiment.config.setting_paths import has_setting, is_part, with_values
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.recipe.recipe import Recipe


def suggested(space: SearchSpace, recipe: Recipe, draw: Callable[[Parameter], Any]) -> dict[str, Any]:
    """Values by dotted setting, in the space's order.

    Args:
        recipe: the row's.
        draw: chooses a value; called once for each parameter that the recipe has with the components drawn before.
    """
    values: dict[str, Any] = {}
    for parameter in space.parameters:
        if has_setting(recipe, parameter.path):
            value = values[parameter.path] = _plain(parameter, draw(parameter))
            recipe = with_values(recipe, {parameter.path: value}) if is_part(parameter.path) else recipe
    return values


def _plain(parameter: Parameter, value: Any) -> Any:
    return value if parameter.kind == "categorical" else int(value) if parameter.kind == "int" else float(value)
