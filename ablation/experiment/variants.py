"""From an experiment to its variants: each design's picks, resolved to recipes and shared where they are equal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ablation.errors import UserError
from ablation.experiment.designs import DESIGNS, DesignName, Pick
from ablation.experiment.file import BASELINE, Experiment, RungSettings
from ablation.experiment.mistakes import readable
from ablation.experiment.plan import Difference, Rung
from ablation.experiment.yaml_text import yaml_flow
from ablation.recipe.merge import flattened, merged
from ablation.recipe.recipe import Recipe

Content = tuple[Recipe, tuple[Recipe, ...]]
"""A recipe and those whose predictions are averaged with its own."""


@dataclass(frozen=True)
class ResolvedVariant:
    """A distinct recipe, the rungs it holds and the designs that asked for it.

    Args:
        recipe: the settings.
        ensemble: recipes of the rows whose predictions are averaged with its own.
    """

    name: str
    rungs: tuple[str, ...]
    designs: tuple[str, ...]
    recipe: Recipe
    ensemble: tuple[Recipe, ...] = ()

    @property
    def content(self) -> Content:
        """What makes it another variant than others."""
        return self.recipe, self.ensemble


@dataclass(frozen=True)
class Ladder:
    """An experiment, resolved.

    Args:
        rungs: those in use, in order.
        variants: the distinct recipes, in order of first request.
        requested: number of variants that the designs asked for, before sharing.
        rows: names of the variants of the ladder's rows, the baseline first.
        left_out: for each rung the name of the variant without it.
        notices: what the user should know.
    """

    rungs: tuple[Rung, ...]
    variants: tuple[ResolvedVariant, ...]
    requested: int
    rows: tuple[str, ...]
    left_out: Mapping[str, str]
    notices: tuple[str, ...]


def resolve(experiment: Experiment, origin: str = "experiment") -> Ladder:
    """Every variant of an experiment.

    Raises:
        UserError: for a patch that does not fit the recipe, or that changes nothing. A rung made void by ``--set`` is
            dropped with a notice instead.
    """
    recipes = _Recipes(experiment, origin)
    rungs, dropped = _rungs_in_use(experiment, recipes, origin)
    names = [rung.name for rung in rungs]
    requires = {rung.name: rung.requires for rung in experiment.rungs}
    asked = {design: DESIGNS[design](names, requires) for design in experiment.designs}
    rows = asked["ladder"]
    variants = _shared(asked, recipes)
    by_content = {variant.content: variant.name for variant in variants}
    left_out = {pick.about: by_content[recipes.content(pick.rungs)] for pick in asked.get("leave_one_out", ())}
    described = tuple(_described(rung, row, recipes) for rung, row in zip(rungs, rows[1:], strict=True))
    return Ladder(
        rungs=described,
        variants=variants,
        requested=sum(map(len, asked.values())),
        rows=tuple(by_content[recipes.content(pick.rungs)] for pick in rows),
        left_out=left_out,
        notices=(*dropped, *_overridden(described), *_masked(left_out, rows, by_content, recipes)),
    )


class _Recipes:
    """The recipe of each subset of the rungs; each is merged and validated once."""

    def __init__(self, experiment: Experiment, origin: str) -> None:
        self._origin = origin
        self._rungs = {rung.name: (number, rung) for number, rung in enumerate(experiment.rungs)}
        self._known: dict[tuple[str, ...], Recipe] = {(): experiment.baseline}

    def __getitem__(self, rungs: tuple[str, ...]) -> Recipe:
        if rungs not in self._known:
            self._known[rungs] = self._merged(self[rungs[:-1]], *self._rungs[rungs[-1]])
        return self._known[rungs]

    def content(self, rungs: tuple[str, ...]) -> Content:
        """The recipe of a subset of the rungs, and those of the rows that its ensemble names.

        A named row holds the subset's rungs up to its own, so that leaving a rung out leaves it out of all members.
        """
        recipe, alone = self[rungs], _without_ensemble(self[rungs])
        rows = (_without_ensemble(self[self._up_to(name, rungs)]) for name in recipe.inference.ensemble_with)
        others = tuple(dict.fromkeys(row for row in rows if row != alone))
        return (recipe, others) if others else (alone, ())

    def _up_to(self, name: str, rungs: tuple[str, ...]) -> tuple[str, ...]:
        known = {BASELINE: -1} | {rung: number for rung, (number, _) in self._rungs.items()}
        return tuple(rung for rung in rungs if known[rung] <= known[name])

    def _merged(self, before: Recipe, number: int, rung: RungSettings) -> Recipe:
        given = merged(before.model_dump(), rung.patch)
        try:
            return Recipe.model_validate(given)
        except ValidationError as error:
            raise readable(error, given, self._origin, inside=_patch_of(number, rung)) from error


def _without_ensemble(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"inference": recipe.inference.model_copy(update={"ensemble_with": ()})})


def _patch_of(number: int, rung: RungSettings) -> str:
    """Where a rung's patch stands in the file."""
    return f"rungs[{number + 1}] ({rung.name}).patch"


def _rungs_in_use(experiment: Experiment, recipes: _Recipes, origin: str) -> tuple[list[RungSettings], list[str]]:
    kept: list[RungSettings] = []
    notices = []
    for number, rung in enumerate(experiment.rungs):
        row = tuple(each.name for each in kept)
        if recipes.content((*row, rung.name)) != recipes.content(row):
            kept.append(rung)
        elif experiment.overrides:
            notices.append(f"{rung.name} is dropped: --set leaves it nothing to change")
        else:
            raise UserError(
                "changes nothing on top of the rungs before it",
                place=f"{origin}: {_patch_of(number, rung)}",
                remedy="give it a setting that differs, or remove the rung",
            )
    if not kept:
        raise UserError("no rung is left", place=origin, remedy="drop the --set that makes every rung void")
    return kept, notices


def _shared(asked: Mapping[DesignName, Sequence[Pick]], recipes: _Recipes) -> tuple[ResolvedVariant, ...]:
    found: dict[Content, ResolvedVariant] = {}
    for design, picks in asked.items():
        for pick in picks:
            content = recipes.content(pick.rungs)
            known = found.get(content, ResolvedVariant(pick.name, pick.rungs, (), *content))
            designs = tuple(dict.fromkeys((*known.designs, design)))
            found[content] = dataclasses.replace(known, designs=designs)
    return tuple(found.values())


def _described(rung: RungSettings, row: Pick, recipes: _Recipes) -> Rung:
    return Rung(rung.name, rung.expect, rung.source, differences(recipes[row.rungs[:-1]], recipes[row.rungs]))


def differences(old: Recipe, new: Recipe) -> tuple[Difference, ...]:
    """The settings in which two recipes differ, in the order of the recipe."""
    before, after = (flattened(_written(recipe)) for recipe in (old, new))
    paths = dict.fromkeys((*before, *after))
    texts = ((path, _text(before, path), _text(after, path)) for path in paths)
    return tuple((path, was, now) for path, was, now in texts if was != now)


def _written(recipe: Recipe) -> dict[str, Any]:
    """The settings as JSON, phases as a file would write them."""
    phases = {name: phase.model_dump(mode="json", exclude_defaults=True) for name, phase in recipe.phases.items()}
    return recipe.model_dump(mode="json", exclude={"phases"}) | ({"phases": phases} if phases else {})


def _text(leaves: Mapping[str, Any], path: str) -> str | None:
    return yaml_flow(leaves[path]) if path in leaves else None


def _overridden(rungs: Sequence[Rung]) -> list[str]:
    owner: dict[str, str] = {}
    found = []
    for rung in rungs:
        for path, _, new in rung.differences:
            if path in owner:
                found.append(f"{rung.name} overrides {owner[path]} in {path}")
            if new is not None:
                owner[path] = rung.name
    return found


def _masked(
    left_out: Mapping[str, str], rows: Sequence[Pick], by_content: Mapping[Content, str], recipes: _Recipes
) -> list[str]:
    full = by_content[recipes.content(rows[-1].rungs)]
    return [
        f"{rung} is masked: later rungs set all that it sets, so leaving it out changes nothing"
        for rung, variant in left_out.items()
        if variant == full
    ]
