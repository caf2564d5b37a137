"""Going through a space: which parameters are asked for, in what order, and what comes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ablation.experiment.config.setting_paths import applied, has_setting, is_part
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.recipe.recipe import Recipe


def meant(parameter: Parameter, recipe: Recipe) -> bool:
    """Whether a parameter is asked for, once ``recipe`` has the components that were chosen before it."""
    return has_setting(recipe, parameter.path)


def suggested(space: SearchSpace, recipe: Recipe, draw: Callable[[Parameter], Any]) -> dict[str, Any]:
    """Values for the parameters that are meant, in the space's order, by dotted setting.

    Args:
        recipe: the row's.
        draw: chooses a value; asked once for each parameter that the components chosen before have.
    """
    values: dict[str, Any] = {}
    for parameter in space.parameters:
        if meant(parameter, recipe):
            value = values[parameter.path] = _plain(parameter, draw(parameter))
            recipe = applied(recipe, {parameter.path: value}) if is_part(parameter.path) else recipe
    return values


def _plain(parameter: Parameter, value: Any) -> Any:
    return value if parameter.kind == "categorical" else int(value) if parameter.kind == "int" else float(value)
