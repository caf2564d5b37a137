"""One searched setting, its bounds and choices tried on the recipes that they are meant for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ablation.errors import UserError
from ablation.experiment.config.search import Choices, Range
from ablation.experiment.config.setting_paths import alternatives, has_setting, holder, with_values
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.search.space import Parameter
from ablation.recipe.recipe import Recipe

_FIRST_TRIAL = "since the first trial is the row as it is"


def parameter_of(
    path: str, given: Range | Choices, contexts: Sequence[Recipe], recipe: Recipe, origin: str
) -> Parameter:
    """A setting as it is searched.

    Args:
        path: of the setting.
        given: what the file says of it.
        contexts: the row's recipe under all components that may be chosen, as far as it then has the setting.
        recipe: the row's.
        origin: where the space stands.

    Raises:
        UserError: a bound or a choice is no value of the setting, or the row's own value is not among them.
    """
    place = f"{origin}.{path}"
    if isinstance(given, Choices):
        return _choice(path, given, contexts, recipe, place)
    return _number(path, given, contexts, recipe, place)


def _number(path: str, given: Range, contexts: Sequence[Recipe], recipe: Recipe, place: str) -> Parameter:
    kind = _kind(path, contexts, place)
    if kind == "int":
        _check_whole(given, path, place)
    low, high, step = (_as(kind, number) for number in (given.low, given.high, given.step))
    for context in contexts:
        _tried(context, path, low, f"{place}.low")
        _tried(context, path, high, f"{place}.high")
    own = _own_number(path, given, recipe, place) if has_setting(recipe, path) else None
    return Parameter(path, kind, own, low=low, high=high, log=given.log, step=step)


def _as(kind: Literal["int", "float"], number: float | None) -> Any:
    return int(number) if kind == "int" and number is not None else number


def _kind(path: str, contexts: Sequence[Recipe], place: str) -> Literal["int", "float"]:
    """Whether a setting takes whole numbers only, in any of its contexts."""
    last = path.rpartition(".")[2]
    owners = [type(found) for context in contexts if (found := holder(context, path))]
    kinds = [_numbers(owner.model_fields[last].annotation) for owner in owners]
    if None in kinds:
        raise UserError("takes no number, so it has no range", place=place, remedy="list its values as choices: [...]")
    return "int" if "int" in kinds else "float"


def _numbers(annotation: Any) -> Literal["int", "float"] | None:
    """The numbers that a setting takes, alone or beside other things."""
    kinds = [_numbers(each) for each in alternatives(annotation)]
    if annotation is float or "float" in kinds:
        return "float"
    return "int" if annotation is int or "int" in kinds else None


def _check_whole(given: Range, path: str, place: str) -> None:
    for name in ("low", "high", "step"):
        number = getattr(given, name)
        if number is not None and not number.is_integer():
            raise UserError(
                f"must be a whole number, not {number:g}", place=f"{place}.{name}", remedy=f"{path} takes no others"
            )


def _own_number(path: str, given: Range, recipe: Recipe, place: str) -> int | float:
    own = getattr(holder(recipe, path), path.rpartition(".")[2])
    if not isinstance(own, int | float):
        shown = yaml_flow(_written(recipe, path))
        raise UserError(
            f"the row's own value, {shown}, is no number that a range could hold",
            place=place,
            remedy=f"list values as choices: [{shown}, ...]",
        )
    if not given.low <= own <= given.high:
        raise UserError(
            f"the row's own value, {own:g}, lies outside", place=place, remedy=f"widen the range, {_FIRST_TRIAL}"
        )
    steps = (own - given.low) / given.step if given.step else 0
    if abs(steps - round(steps)) > 1e-8:  # as Optuna compares
        raise UserError(
            f"the row's own value, {own:g}, is no whole number of steps above low",
            place=place,
            remedy=f"choose low and step so that it is tried, {_FIRST_TRIAL}",
        )
    return own


def _choice(path: str, given: Choices, contexts: Sequence[Recipe], recipe: Recipe, place: str) -> Parameter:
    made = {id(context): _made(path, given, context, place) for context in contexts}
    own = None
    if has_setting(recipe, path):
        results = next(made[id(context)] for context in contexts if context == recipe)
        if recipe not in results:
            raise UserError(
                f"the row's own value, {yaml_flow(_written(recipe, path))}, is not among them",
                place=f"{place}.choices",
                remedy=f"add it, {_FIRST_TRIAL}",
            )
        own = given.choices[results.index(recipe)]
    return Parameter(path, "categorical", own, choices=given.choices)


def _made(path: str, given: Choices, context: Recipe, place: str) -> list[Recipe]:
    """The recipe under each choice."""
    found: list[Recipe] = []
    for number, choice in enumerate(given.choices, start=1):
        recipe = _tried(context, path, choice, f"{place}.choices[{number}]")
        if recipe in found:
            raise UserError(
                f"comes to the same as choices[{found.index(recipe) + 1}]",
                place=f"{place}.choices[{number}]",
                remedy="leave one of them out",
            )
        found.append(recipe)
    return found


def _tried(recipe: Recipe, path: str, value: Any, place: str) -> Recipe:
    """The recipe with the value; a mistake is laid to where the value stands in the file."""
    try:
        return with_values(recipe, {path: value})
    except UserError as error:
        lies_here = f"{path}.".startswith(f"{error.place}.")
        problem = error.problem if lies_here else f"{error.place}: {error.problem}"
        remedy = error.remedy or f"search values that {path} takes"
        raise UserError(problem, place=place, remedy=remedy) from error


def _written(recipe: Recipe, path: str) -> Any:
    """A recipe's own value as a file would write it."""
    value: Any = recipe.model_dump(mode="json")
    for key in path.split("."):
        value = value[key]
    return value
