"""Resolves the ``tune`` section to a search space, and validates every bound and choice in the row's recipe."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

from ablation.errors import UserError, nearest, placed
from ablation.experiment.config.search import Choices, TuneSettings
from ablation.experiment.config.setting_paths import (
    component_key,
    declared_settings,
    has_setting,
    holder,
    is_part,
    part_of,
    parts_first,
    with_values,
)
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.search.parameters import parameter_of, suggested
from ablation.experiment.search.searchable import SearchedSettings, check_searchable, default_space, search_notices
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.recipe.component import Component
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe

_TOGETHER = 3
"""Most parameters of a section whose bounds are validated together: no more settings depend on each other."""


def resolve_space(tune: TuneSettings, recipe: Recipe, place: str) -> SearchSpace:
    """The search space of a study of a row: that of the file, or the default one where the file gives none.

    Settings that neither the row's components nor the searched ones have are left out, with a notice.

    Args:
        recipe: the row's.
        place: of the section in errors: ``digits.yaml: tune``.

    Raises:
        UserError: no recipe has a path, or it cannot be searched; a range or a choice is not valid for its setting,
            alone or together with others; the row's own value lies outside; no setting is left; the sampler cannot
            search the parameters.
    """
    origin = f"{place}.space"
    searched, left_out = (tune.space, ()) if tune.space else default_space(recipe)
    _check_distinct(searched, origin)
    notices = list(left_out)
    parameters: list[Parameter] = []
    for path in parts_first(searched):
        check_searchable(path, tune, origin)
        if contexts := _contexts(path, parameters, recipe, origin):
            parameters.append(parameter_of(path, searched[path], contexts, recipe, origin))
            notices += search_notices(path, searched[path], contexts[0])
        else:
            notices.append(_missing(path, recipe, origin))
    if not parameters:
        raise UserError("nothing is left to search in this row", place=origin, remedy="\n  ".join(notices))
    _check_together(parameters, recipe, origin)
    return SearchSpace(tuple(parameters), (*notices, *_sampler_notices(tune, parameters, origin)))


def _check_distinct(searched: SearchedSettings, origin: str) -> None:
    """Refuse a setting that is searched twice: by two names, or by itself and inside a choice."""
    owners: dict[str, str] = {}
    for path in searched:
        if (other := owners.setdefault(part_of(path), path)) != path:
            raise UserError(f"{other} and {path} are one setting", place=origin, remedy="name it once")
    for path, choice, inner in _set_by_choices(searched):
        if inner in searched and inner != path:
            problem = f"{yaml_flow(choice)} sets {inner}, which is searched by itself"
            remedy = "leave it out of the choice, or out of the space"
            raise UserError(problem, place=f"{origin}.{path}.choices", remedy=remedy)


def _set_by_choices(searched: SearchedSettings) -> Iterator[tuple[str, Any, str]]:
    """Each setting that a choice of a component or section sets, after the path and the choice."""
    for path, setting in searched.items():
        for choice in setting.choices if isinstance(setting, Choices) and is_part(path) else ():
            for key in flattened(choice) if isinstance(choice, Mapping) else ():
                yield path, choice, f"{part_of(path)}.{key}"


def _contexts(path: str, chosen: Sequence[Parameter], recipe: Recipe, origin: str) -> list[Recipe]:
    """The row's recipe with each component that may be chosen above a setting, if it then has the setting."""
    contexts = [recipe]
    for part in chosen:
        if path.startswith(f"{part_of(part.path)}.") and is_part(part.path):
            with placed(origin):
                contexts = [with_values(one, {part.path: choice}) for one in contexts for choice in part.choices]
    return [context for context in contexts if has_setting(context, path)]


def _missing(path: str, recipe: Recipe, origin: str) -> str:
    """Why a setting is left out: the row's component does not have it, and which ones do."""
    if path not in declared_settings():
        raise UserError(f"no setting {path!r}", place=origin, remedy=nearest(path, declared_settings()))
    above, _, last = path.rpartition(".")
    here = getattr(holder(recipe, above), above.rpartition(".")[2], None)
    if here is None or not component_key(above):
        return f"{path}: {above} is none here, so it has no {last}"
    names = [name for owner in declared_settings()[path] if issubclass(owner, Component) for name in owner.names()]
    others = " or ".join(names[:3]) + (" or others" if len(names) > 3 else "")
    return f"{path}: {getattr(here, here.key)} has no {last}; a rung with {above}: {others} has"


def _check_together(parameters: Sequence[Parameter], recipe: Recipe, origin: str) -> None:
    """Refuse bounds or choices of a section that are invalid together; settings of two sections are independent."""
    for size in range(2, _TOGETHER + 1):
        for group in combinations(parameters, size):
            if len({parameter.path.partition(".")[0] for parameter in group}) == 1:
                for corner in product(*(one.choices or (one.low, one.high) for one in group)):
                    _check_corner(group, corner, recipe, origin)


def _check_corner(group: Sequence[Parameter], corner: Sequence[Any], recipe: Recipe, origin: str) -> None:
    values = dict(zip((parameter.path for parameter in group), corner, strict=True))
    try:
        with_values(recipe, suggested(SearchSpace(tuple(group), ()), recipe, lambda parameter: values[parameter.path]))
    except UserError as error:
        shown = " with ".join(f"{path}: {yaml_flow(value)}" for path, value in values.items())
        remedy = "narrow one of them, so that every combination makes a recipe"
        raise UserError(f"{shown}: {error.problem}", place=origin, remedy=remedy) from error


def _sampler_notices(tune: TuneSettings, parameters: Sequence[Parameter], origin: str) -> Iterator[str]:
    """Check that the sampler can search the parameters; yields notices."""
    for parameter in parameters:
        if tune.sampler == "grid" and parameter.kind == "float" and parameter.step is None:
            raise UserError(
                "a grid needs a step here" if tune.space else "a grid needs a space of its own, with steps or choices",
                place=f"{origin}.{parameter.path}" if tune.space else origin,
                remedy=f"give step, or list the values: {parameter.path}: {{choices: [...]}}",
            )
    categorical = [parameter.path for parameter in parameters if parameter.kind == "categorical"]
    if tune.sampler == "cmaes" and len(parameters) - len(categorical) < 2:
        place = f"{origin}: {', '.join(parameter.path for parameter in parameters)}"
        remedy = "use sampler: tpe, or add a setting with a range"
        raise UserError("cmaes searches two numbers or more", place=place, remedy=remedy)
    if tune.sampler == "cmaes" and categorical:
        yield f"{', '.join(categorical)}: cmaes draws it at random, since it knows no choices"
