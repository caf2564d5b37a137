"""From the ``tune`` section to a space: every setting found in the row, every bound and choice tried on its recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

from ablation.errors import UserError, nearest, placed
from ablation.experiment.config.search import Choices, TuneSettings
from ablation.experiment.config.setting_paths import (
    applied,
    component_key,
    declared,
    has_setting,
    holder,
    is_part,
    part_of,
    parts_first,
)
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.search.default_space import SearchedSettings, default_space, search_notices
from ablation.experiment.search.parameters import parameter_of
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.suggesting import suggested
from ablation.experiment.search.unsearchable import check_searchable
from ablation.recipe.component import Component
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe

_TOGETHER = 3
"""Parameters of a section whose bounds are tried together: no more settings depend on each other."""


def resolve_space(tune: TuneSettings, recipe: Recipe, place: str) -> SearchSpace:
    """What a study of a row searches.

    Settings that only other components have than the row's own, and than those that are searched, are left out with
    a notice.

    Args:
        tune: its ``space``; where that is empty, the default one.
        recipe: the row's.
        place: of the section in errors: ``digits.yaml: tune``.

    Raises:
        UserError: a path that no recipe has or that cannot be searched; a range or a choice that does not fit its
            setting, alone or together with others; the row's own value lies outside; nothing is left.
    """
    origin = f"{place}.space"
    given, left_out = (tune.space, ()) if tune.space else default_space(recipe)
    _check_told_apart(given, origin)
    notices = list(left_out)
    parameters: list[Parameter] = []
    for path in parts_first(given):
        check_searchable(path, tune, origin)
        if contexts := _contexts(path, parameters, recipe, origin):
            parameters.append(parameter_of(path, given[path], contexts, recipe, origin))
            notices += search_notices(path, given[path], contexts[0])
        else:
            notices.append(_missing(path, recipe, origin))
    if not parameters:
        raise UserError("nothing is left to search in this row", place=origin, remedy="\n  ".join(notices))
    _check_together(parameters, recipe, origin)
    return SearchSpace(tuple(parameters), (*notices, *_sampled(tune, parameters, origin)))


def _check_told_apart(given: SearchedSettings, origin: str) -> None:
    """No setting is searched twice, by two names or by itself and as a part of a choice."""
    owners: dict[str, str] = {}
    for path in given:
        if (other := owners.setdefault(part_of(path), path)) != path:
            raise UserError(f"{other} and {path} are one setting", place=origin, remedy="name it once")
    for path, choice, inner in _set_by_choices(given):
        if inner in given and inner != path:
            raise UserError(
                f"{yaml_flow(choice)} sets {inner}, which is searched by itself",
                place=f"{origin}.{path}.choices",
                remedy="leave it out of the choice, or out of the space",
            )


def _set_by_choices(given: SearchedSettings) -> Iterator[tuple[str, Any, str]]:
    """Each setting that a choice of a component or section sets, with the path and the choice."""
    for path, searched in given.items():
        for choice in searched.choices if isinstance(searched, Choices) and is_part(path) else ():
            for key in flattened(choice) if isinstance(choice, Mapping) else ():
                yield path, choice, f"{part_of(path)}.{key}"


def _contexts(path: str, chosen: Sequence[Parameter], recipe: Recipe, origin: str) -> list[Recipe]:
    """The row's recipe under each component that may be chosen above a setting, where it then has the setting."""
    found = [recipe]
    for part in chosen:
        if path.startswith(f"{part_of(part.path)}.") and is_part(part.path):
            with placed(origin):
                found = [applied(each, {part.path: choice}) for each in found for choice in part.choices]
    return [each for each in found if has_setting(each, path)]


def _missing(path: str, recipe: Recipe, origin: str) -> str:
    """Why a setting is left out: which component stands in its place, and which have it."""
    if path not in declared():
        raise UserError(f"no setting {path!r}", place=origin, remedy=nearest(path, declared()))
    above, _, last = path.rpartition(".")
    here = getattr(holder(recipe, above), above.rpartition(".")[2], None)
    if here is None or not component_key(above):
        return f"{path}: {above} is none here, so it has no {last}"
    names = [name for owner in declared()[path] if issubclass(owner, Component) for name in owner.names()]
    others = " or ".join(names[:3]) + (" or others" if len(names) > 3 else "")
    return f"{path}: {getattr(here, here.key)} has no {last}; a rung with {above}: {others} has"


def _check_together(parameters: Sequence[Parameter], recipe: Recipe, origin: str) -> None:
    """No bounds or choices of settings that depend on each other are at odds; sections are validated one by one."""
    for size in range(2, _TOGETHER + 1):
        for group in combinations(parameters, size):
            if len({each.path.partition(".")[0] for each in group}) == 1:
                for corner in product(*(each.choices or (each.low, each.high) for each in group)):
                    _check_corner(group, corner, recipe, origin)


def _check_corner(group: Sequence[Parameter], corner: Sequence[Any], recipe: Recipe, origin: str) -> None:
    values = dict(zip((each.path for each in group), corner, strict=True))
    try:
        applied(recipe, suggested(SearchSpace(tuple(group), ()), recipe, lambda parameter: values[parameter.path]))
    except UserError as error:
        shown = " with ".join(f"{path}: {yaml_flow(value)}" for path, value in values.items())
        raise UserError(
            f"{shown}: {error.problem}",
            place=origin,
            remedy="narrow one of them, so that every combination makes a recipe",
        ) from error


def _sampled(tune: TuneSettings, parameters: Sequence[Parameter], origin: str) -> Iterator[str]:
    """What the sampler makes of the parameters.

    Raises:
        UserError: a grid over a range that has no steps; CMA-ES over fewer than two numbers.
    """
    for each in parameters:
        if tune.sampler == "grid" and each.kind == "float" and each.step is None:
            raise UserError(
                "a grid needs a step here" if tune.space else "a grid needs a space of its own, with steps or choices",
                place=f"{origin}.{each.path}" if tune.space else origin,
                remedy=f"give step, or list the values: {each.path}: {{choices: [...]}}",
            )
    drawn = [each.path for each in parameters if each.kind == "categorical"]
    if tune.sampler == "cmaes" and len(parameters) - len(drawn) < 2:
        raise UserError(
            "cmaes searches two numbers or more",
            place=f"{origin}: {', '.join(each.path for each in parameters)}",
            remedy="use sampler: tpe, or add a setting with a range",
        )
    if tune.sampler == "cmaes" and drawn:
        yield f"{', '.join(drawn)}: cmaes draws it at random, since it knows no choices"
