"""The parameters of a study: made of searched settings, and drawn for a trial."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ablation.errors import UserError
from ablation.experiment.config.search import Choices, Range
from ablation.experiment.config.setting_paths import alternatives, has_setting, holder, is_part, with_values
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.recipe.recipe import Recipe

_FIRST_TRIAL = "since the first trial is the row as it is"


def parameter_of(
    path: str, searched: Range | Choices, contexts: Sequence[Recipe], recipe: Recipe, origin: str
) -> Parameter:
    """The parameter of a searched setting, with bounds or choices that are valid in every recipe that has it.

    Args:
        contexts: the row's recipe with each combination of components that may be chosen, if it then has the setting.
        origin: place of the space, for errors.

    Raises:
        UserError: a bound or a choice is not valid for the setting, or the row's own value is outside the range or
            not among the choices.
    """
    place = f"{origin}.{path}"
    if isinstance(searched, Choices):
        return _choice(path, searched, contexts, recipe, place)
    return _number(path, searched, contexts, recipe, place)


def _number(path: str, searched: Range, contexts: Sequence[Recipe], recipe: Recipe, place: str) -> Parameter:
    kind = _kind(path, contexts, place)
    if kind == "int":
        _check_whole(searched, path, place)
    number = int if kind == "int" else float
    low, high, step = number(searched.low), number(searched.high), number(searched.step) if searched.step else None
    for context in contexts:
        _validated(context, path, low, f"{place}.low")
        _validated(context, path, high, f"{place}.high")
    own = _own_number(path, searched, recipe, place) if has_setting(recipe, path) else None
    return Parameter(path, kind, own, low=low, high=high, log=searched.log, step=step)


def _kind(path: str, contexts: Sequence[Recipe], place: str) -> Literal["int", "float"]:
    """``int`` if any context allows only whole numbers for the setting, else ``float``."""
    last = path.rpartition(".")[2]
    owners = [type(owner) for context in contexts if (owner := holder(context, path))]
    kinds = [_numbers(owner.model_fields[last].annotation) for owner in owners]
    if None in kinds:
        raise UserError("takes no number, so it has no range", place=place, remedy="list its values as choices: [...]")
    return "int" if "int" in kinds else "float"


def _numbers(annotation: Any) -> Literal["int", "float"] | None:
    """The kind of numbers that a type allows, possibly among others; None if it allows none."""
    kinds = [_numbers(alternative) for alternative in alternatives(annotation)]
    if annotation is float or "float" in kinds:
        return "float"
    return "int" if annotation is int or "int" in kinds else None


def _check_whole(searched: Range, path: str, place: str) -> None:
    for name in ("low", "high", "step"):
        number = getattr(searched, name)
        if number is not None and not number.is_integer():
            problem = f"must be a whole number, not {number:g}"
            raise UserError(problem, place=f"{place}.{name}", remedy=f"{path} takes no others")


def _own_number(path: str, searched: Range, recipe: Recipe, place: str) -> int | float:
    own = getattr(holder(recipe, path), path.rpartition(".")[2])
    if not isinstance(own, int | float):
        shown = _written(recipe, path)
        problem, remedy = f"{shown}, is no number that a range could hold", f"list values as choices: [{shown}, ...]"
    elif not searched.low <= own <= searched.high:
        problem, remedy = f"{own:g}, lies outside", f"widen the range, {_FIRST_TRIAL}"
    elif not _is_on_grid(own, searched):
        problem = f"{own:g}, is no whole number of steps above low"
        remedy = f"choose low and step so that it is tried, {_FIRST_TRIAL}"
    else:
        return own
    raise UserError(f"the row's own value, {problem}", place=place, remedy=remedy)


def _is_on_grid(number: float, searched: Range) -> bool:
    steps = (number - searched.low) / searched.step if searched.step else 0
    return abs(steps - round(steps)) <= 1e-8  # as Optuna compares


def _choice(path: str, searched: Choices, contexts: Sequence[Recipe], recipe: Recipe, place: str) -> Parameter:
    recipes = {id(context): _recipes(path, searched, context, place) for context in contexts}
    own = None
    if has_setting(recipe, path):
        results = next(recipes[id(context)] for context in contexts if context == recipe)
        if recipe not in results:
            problem = f"the row's own value, {_written(recipe, path)}, is not among them"
            raise UserError(problem, place=f"{place}.choices", remedy=f"add it, {_FIRST_TRIAL}")
        own = searched.choices[results.index(recipe)]
    return Parameter(path, "categorical", own, choices=searched.choices)


def _recipes(path: str, searched: Choices, context: Recipe, place: str) -> list[Recipe]:
    """The recipe with each choice."""
    recipes: list[Recipe] = []
    for number, choice in enumerate(searched.choices, start=1):
        here = f"{place}.choices[{number}]"
        recipe = _validated(context, path, choice, here)
        if recipe in recipes:
            problem = f"comes to the same as choices[{recipes.index(recipe) + 1}]"
            raise UserError(problem, place=here, remedy="leave one of them out")
        recipes.append(recipe)
    return recipes


def _validated(recipe: Recipe, path: str, value: Any, place: str) -> Recipe:
    """The recipe with the value; an error names the place of the value in the file."""
    try:
        return with_values(recipe, {path: value})
    except UserError as error:
        is_here = f"{path}.".startswith(f"{error.place}.")
        problem = error.problem if is_here else f"{error.place}: {error.problem}"
        remedy = error.remedy or f"search values that {path} takes"
        raise UserError(problem, place=place, remedy=remedy) from error


def _written(recipe: Recipe, path: str) -> str:
    """A recipe's own value, as a file would write it."""
    value: Any = recipe.model_dump(mode="json")
    for key in path.split("."):
        value = value[key]
    return yaml_flow(value)


def suggested(space: SearchSpace, recipe: Recipe, draw: Callable[[Parameter], Any]) -> dict[str, Any]:
    """Values by dotted setting, in the space's order; ``recipe`` is the row's.

    ``draw`` chooses the value of each parameter that the recipe has with the components drawn before.
    """
    values: dict[str, Any] = {}
    for parameter in space.parameters:
        if has_setting(recipe, parameter.path):
            value = values[parameter.path] = _plain(parameter, draw(parameter))
            recipe = with_values(recipe, {parameter.path: value}) if is_part(parameter.path) else recipe
    return values


def _plain(parameter: Parameter, value: Any) -> Any:
    return value if parameter.kind == "categorical" else int(value) if parameter.kind == "int" else float(value)
