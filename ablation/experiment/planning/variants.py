"""From an experiment to its variants: the picks of each design as recipes; equal recipes are one variant."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablation.errors import UserError, placed
from ablation.experiment.config.design import LADDER_DESIGN, Pick, ladder_picks
from ablation.experiment.config.designs import designs
from ablation.experiment.config.file import Experiment
from ablation.experiment.config.rung import RungSettings
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.plan import DesignPoint, Difference, Rung, is_left_out
from ablation.experiment.planning.recipes import Content, Recipes, patch_place
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe

_DesignPick = tuple[str, Pick]
"""The name of a design, and a variant that it asks for."""


@dataclass(frozen=True)
class ResolvedVariant:
    """A distinct recipe, the rungs it holds and the designs that asked for it.

    Args:
        ensemble: recipes of the rows whose predictions are averaged with its own.
        execution: 0, or the number under which it is trained again although the same was trained before.
        trials: as ``ablation.experiment.planning.plan.Variant`` has it.
    """

    name: str
    rungs: tuple[str, ...]
    designs: tuple[str, ...]
    recipe: Recipe
    ensemble: tuple[Recipe, ...] = ()
    execution: int = 0
    trials: int = 0

    @property
    def content(self) -> Content:
        """What distinguishes it from other variants."""
        return self.recipe, self.ensemble, self.execution


@dataclass(frozen=True)
class Ladder:
    """An experiment, resolved.

    Args:
        rungs: that are in use, in order, with controls.
        variants: the distinct recipes, in order of first request.
        rows: names of the variants of the ladder's rows, the baseline first.
        left_out: as ``ablation.experiment.planning.plan.Plan`` has it.
        notices: messages to the user.
    """

    rungs: tuple[Rung, ...]
    variants: tuple[ResolvedVariant, ...]
    rows: tuple[str, ...]
    left_out: Mapping[str, str]
    design_points: tuple[DesignPoint, ...]
    notices: tuple[str, ...]


def resolve(experiment: Experiment, origin: str = "experiment", best: Mapping[str, Any] | None = None) -> Ladder:
    """Every variant of an experiment.

    Args:
        best: values of the tuned rung, by dotted setting; None leaves this rung out.

    Raises:
        UserError: for a patch that does not fit the recipe, or that changes nothing and is no control; for a design
            that the rungs do not allow. A rung made void by ``--set`` is dropped with a notice instead.
    """
    recipes = Recipes(experiment, origin, best or {})
    planned = [rung for rung in experiment.rungs if best is not None or not rung.tuned]
    rungs, dropped = _rungs_in_use(planned, recipes, experiment, origin)
    with placed(origin):
        picks = _picks(experiment, rungs)
    variants = _shared(picks, recipes, origin)
    names = {variant.content: variant.name for variant in variants}
    points = tuple(DesignPoint(design, pick.rungs, pick.about, names[recipes.of(pick)]) for design, pick in picks)
    rows = [pick for design, pick in picks if design == LADDER_DESIGN]
    described = tuple(_described(rung, row, recipes) for rung, row in zip(rungs, rows[1:], strict=True))
    left_out = _left_out(rungs, points)
    notices = (
        *dropped,
        *_overridden(described),
        *_masked(left_out, names[recipes.content(_changing(rungs))]),
        *_void_alone(points, rungs),
        *_without_setting(variants, rungs, recipes),
    )
    return Ladder(described, variants, tuple(names[recipes.of(row)] for row in rows), left_out, points, notices)


def _rungs_in_use(
    planned: Iterable[RungSettings], recipes: Recipes, experiment: Experiment, origin: str
) -> tuple[list[RungSettings], list[str]]:
    """The rungs that change something, with the controls, and notices about those that are dropped."""
    kept: list[RungSettings] = []
    notices = []
    for number, rung in enumerate(planned):
        row = _changing(kept)
        if rung.control or recipes.content((*row, rung.name)) != recipes.content(row):
            kept.append(rung)
        elif rung.tuned:
            notices.append(f"{rung.name} is left out: its study found nothing better than the recipe's own values")
        elif experiment.overrides:
            notices.append(f"{rung.name} is dropped: {_options(experiment)} leaves it nothing to change")
        else:
            problem = "changes nothing on top of the rungs before it"
            remedy = "give it a setting that differs, or remove the rung; an A/A control says control: true"
            raise UserError(problem, place=f"{origin}: {patch_place(number, rung)}", remedy=remedy)
    if not kept and not any(rung.tuned for rung in experiment.rungs):
        remedy = f"remove the {_options(experiment)} that makes every rung void"
        raise UserError("no rung is left", place=origin, remedy=remedy)
    return kept, notices


def _options(experiment: Experiment) -> str:
    """The options of the command line that changed the experiment."""
    left_out = [is_left_out(text) for text in experiment.overrides]
    return " or ".join(option for option, used in (("--set", not all(left_out)), ("--without", any(left_out))) if used)


def _changing(rungs: Iterable[RungSettings]) -> tuple[str, ...]:
    """The names of the rungs that are no controls."""
    return tuple(rung.name for rung in rungs if not rung.control)


def design_picks(design: str, rungs: Sequence[RungSettings]) -> list[Pick]:
    """The picks of a design beside the ladder, from the rungs that are no controls."""
    return designs()[design].picks(_changing(rungs), {rung.name: rung.requires for rung in rungs})


def _picks(experiment: Experiment, rungs: Sequence[RungSettings]) -> list[_DesignPick]:
    """The picks of each design; the ladder's first, so that its rows name the variants that others share with it."""
    rows = ladder_picks([rung.name for rung in rungs], controls={rung.name for rung in rungs if rung.control})
    picks = [(LADDER_DESIGN, row) for row in rows]
    for name in dict.fromkeys(experiment.designs):
        if name != LADDER_DESIGN:
            picks += [(name, pick) for pick in design_picks(name, rungs)]
    return picks


def _shared(picks: Iterable[_DesignPick], recipes: Recipes, origin: str) -> tuple[ResolvedVariant, ...]:
    """The distinct variants, named by the first pick of each."""
    variants: dict[Content, ResolvedVariant] = {}
    for design, pick in picks:
        content = recipes.of(pick)
        variant = variants.get(content, ResolvedVariant(pick.name, pick.rungs, (), *content))
        variants[content] = dataclasses.replace(variant, designs=tuple(dict.fromkeys((*variant.designs, design))))
    by_name: dict[str, ResolvedVariant] = {}
    for variant in variants.values():
        if (other := by_name.setdefault(variant.name, variant)) is not variant:
            problem = f"two variants would be called {variant.name!r}: {list(other.rungs)} and {list(variant.rungs)}"
            raise UserError(problem, place=f"{origin}: rungs", remedy="rename a rung")
    return tuple(variants.values())


def _described(rung: RungSettings, row: Pick, recipes: Recipes) -> Rung:
    differences = recipe_differences(recipes[row.rungs[:-1]], recipes[row.rungs])
    return Rung(rung.name, rung.promises, differences, rung.control, rung.requires)


def recipe_differences(old: Recipe, new: Recipe) -> tuple[Difference, ...]:
    """The settings in which two recipes differ, in the order of the recipe."""
    before, after = _leaves(old), _leaves(new)
    paths = dict.fromkeys((*before, *after))
    changed = (path for path in paths if repr(before.get(path, ...)) != repr(after.get(path, ...)))
    texts = ((path, _text(before, path), _text(after, path)) for path in changed)
    return tuple((path, was, now) for path, was, now in texts if was != now)


def written(recipe: Recipe) -> dict[str, str]:
    """Every setting as a file would write it, by dotted path, in the order of the recipe."""
    return {path: yaml_flow(value) for path, value in _leaves(recipe).items()}


def _leaves(recipe: Recipe) -> dict[str, Any]:
    """Every setting as JSON by dotted path, phases as a file would write them."""
    phases = {name: phase.model_dump(mode="json", exclude_defaults=True) for name, phase in recipe.phases.items()}
    return flattened(recipe.model_dump(mode="json", exclude={"phases"}) | ({"phases": phases} if phases else {}))


def _text(leaves: Mapping[str, Any], path: str) -> str | None:
    return yaml_flow(leaves[path]) if path in leaves else None


def _left_out(rungs: Sequence[RungSettings], points: Iterable[DesignPoint]) -> dict[str, str]:
    """The variant without each rung, where a design beside the ladder asks for all of these."""
    variants = {point.rungs: point.variant for point in points if point.design != LADDER_DESIGN}
    picks = design_picks("leave_one_out", rungs)
    return {pick.about: variants[pick.rungs] for pick in picks} if all(pick.rungs in variants for pick in picks) else {}


def _overridden(rungs: Sequence[Rung]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for rung in rungs:
        for path, _, new in rung.differences:
            if path in owner:
                yield f"{rung.name} overrides {owner[path]} in {path}"
            if new is not None:
                owner[path] = rung.name


def _masked(left_out: Mapping[str, str], full: str) -> Iterator[str]:
    for rung, variant in left_out.items():
        if variant == full:
            yield f"{rung} is masked: later rungs set all that it sets, so leaving it out changes nothing"


def _void_alone(points: Iterable[DesignPoint], rungs: Sequence[RungSettings]) -> Iterator[str]:
    """Rungs that change nothing without others, where a design asks for them alone."""
    variants = {point.rungs: point.variant for point in points}
    for pick in design_picks("one_at_a_time", rungs):
        below = tuple(rung for rung in pick.rungs if rung != pick.about)
        if pick.about in pick.rungs and pick.rungs in variants and variants[pick.rungs] == variants.get(below):
            yield f"{pick.about} alone changes nothing: it acts on top of other rungs only"


def _without_setting(
    variants: Iterable[ResolvedVariant], rungs: Iterable[RungSettings], recipes: Recipes
) -> Iterator[str]:
    """Tuned values that some variants have no setting for, as they lack the rung that brings it."""
    for rung in rungs:
        lacking: dict[tuple[str, ...], list[str]] = {}
        for variant in variants:
            if rung.tuned and rung.name in variant.rungs:
                paths = recipes.without_setting(variant.rungs[: variant.rungs.index(rung.name)])
                lacking.setdefault(paths, []).append(variant.name)
        texts = (f"{', '.join(paths)} in {', '.join(names)}" for paths, names in lacking.items() if paths)
        if text := "; ".join(texts):
            yield f"{rung.name} is used without {text}: there is no such setting there"
