"""The recipe of each subset of the rungs."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import ValidationError

from ablation.errors import UserError
from ablation.experiment.config.design import Pick
from ablation.experiment.config.file import BASELINE_ROW, Experiment
from ablation.experiment.config.rung import RungSettings
from ablation.experiment.config.setting_paths import has_setting, with_values
from ablation.experiment.config.validation_errors import as_user_error
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe

Content: TypeAlias = tuple[Recipe, tuple[Recipe, ...], int]
"""What distinguishes variants: the recipe, those whose predictions are averaged with its own, and the number of a
control's execution, else 0."""


class Recipes:
    """The recipe of each subset of the rungs, in ladder order; each is merged and validated once.

    Args:
        best: values of the tuned rung, by dotted setting.
    """

    def __init__(self, experiment: Experiment, origin: str, best: Mapping[str, Any]) -> None:
        self._origin, self._best = origin, best
        self._rungs = {rung.name: (number, rung) for number, rung in enumerate(experiment.rungs)}
        self._recipes: dict[tuple[str, ...], Recipe] = {(): experiment.baseline}

    def __getitem__(self, rungs: tuple[str, ...]) -> Recipe:
        if rungs not in self._recipes:
            self._recipes[rungs] = self._merged(rungs[:-1], *self._rungs[rungs[-1]])
        return self._recipes[rungs]

    def of(self, pick: Pick) -> Content:
        """What a pick asks for."""
        return self.content(pick.rungs, pick.execution)

    def content(self, rungs: tuple[str, ...], execution: int = 0) -> Content:
        """The recipe of a subset of the rungs, and those of the rows that its ensemble names.

        A named row holds the subset's rungs up to its own, so that leaving a rung out leaves it out of all members.
        """
        if rungs and ((last := self._rungs[rungs[-1]][1]).tuned or last.control):
            recipe, others, _ = self.content(rungs[:-1])
            return (self._with_best(recipe) if last.tuned else recipe), others, execution
        recipe, alone = self[rungs], _without_ensemble(self[rungs])
        rows = (_without_ensemble(self[self._up_to(name, rungs)]) for name in recipe.inference.ensemble_with)
        others = tuple(dict.fromkeys(row for row in rows if row != alone))
        return (recipe, others, execution) if others else (alone, (), execution)

    def without_setting(self, rungs: tuple[str, ...]) -> tuple[str, ...]:
        """The tuned values that a subset of the rungs has no setting for."""
        usable = self._usable(self[rungs])
        return tuple(path for path in self._best if path not in usable)

    def _up_to(self, name: str, rungs: tuple[str, ...]) -> tuple[str, ...]:
        numbers = {BASELINE_ROW: -1} | {rung: number for rung, (number, _) in self._rungs.items()}
        return tuple(rung for rung in rungs if numbers[rung] <= numbers[name])

    def _merged(self, before: tuple[str, ...], number: int, rung: RungSettings) -> Recipe:
        if rung.tuned:
            return self._with_best(self[before])
        settings = merged(self[before].model_dump(), rung.patch)
        try:
            return Recipe.model_validate(settings)
        except ValidationError as error:
            invalid = as_user_error(error, settings, self._origin, inside=patch_place(number, rung))
            raise self._with_hint(invalid, before, number) from error

    def _with_best(self, recipe: Recipe) -> Recipe:
        return with_values(recipe, self._usable(recipe))

    def _usable(self, recipe: Recipe) -> dict[str, Any]:
        """The tuned values that the recipe has a setting for, perhaps in a component that is one of these values."""
        direct = {path: value for path, value in self._best.items() if has_setting(recipe, path)}
        chosen = with_values(recipe, direct) if len(direct) < len(self._best) else recipe
        return {path: value for path, value in self._best.items() if path in direct or has_setting(chosen, path)}

    def _with_hint(self, error: UserError, before: tuple[str, ...], number: int) -> UserError:
        """The error, with a hint where a design uses the patch without rungs that the file has before it."""
        earlier = [(name, rung) for name, (place, rung) in self._rungs.items() if place < number]
        missing = [name for name, rung in earlier if rung.patch and name not in before]
        if not missing:
            return error
        hint = f"a design uses it without {', '.join(missing)}"
        hint = f"{hint}; if it builds on one of them, say requires: [{missing[-1]}]"
        return UserError(error.problem, place=error.place, remedy=f"{error.remedy}; {hint}" if error.remedy else hint)


def patch_place(number: int, rung: RungSettings) -> str:
    """Where a rung's patch stands in the file."""
    return f"rungs[{number + 1}] ({rung.name}).patch"


def _without_ensemble(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"inference": recipe.inference.model_copy(update={"ensemble_with": ()})})
