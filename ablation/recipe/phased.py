"""A recipe over time: which of its phases have begun, and the settings of the next epoch.

Both follow from the recipe and the records of the epochs so far, so a resumed training needs nothing else.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

from ablation.recipe.phases import Phase, entered
from ablation.recipe.recipe import Recipe

History = Sequence[Mapping[str, float]]


def ordered(recipe: Recipe) -> tuple[Phase, ...]:
    """The phases in the order in which they begin."""
    return tuple(recipe.phases[name] for name in recipe.phase_names)


def begins(recipe: Recipe, history: History) -> tuple[int, ...]:
    """For each phase that has begun, the number of epochs before it."""
    found: list[int] = []
    for phase in ordered(recipe):
        since = found[-1] if found else 0
        first = max(phase.start.epoch, since)
        moments = (n for n in range(first, len(history) + 1) if phase.start.holds(history[since:n]))
        if (moment := next(moments, None)) is None:
            break
        found.append(moment)
    return tuple(found)


def phase_at(recipe: Recipe, history: History) -> str | None:
    """The name of the phase of the epoch after these; None before the first phase."""
    begun = len(begins(recipe, history))
    return recipe.phase_names[begun - 1] if begun else None


def recipe_at(recipe: Recipe, history: History) -> Recipe:
    """The recipe of the epoch after these, without phases."""
    return _entered(recipe, tuple(len(history) - begun for begun in begins(recipe, history)))


def stations(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipe before the phases, and after each of them with its ramps at their ends, reached or not."""
    over = [phase.moving for phase in ordered(recipe)]
    return tuple(_entered(recipe, tuple(over[:count])) for count in range(len(over) + 1))


def first_epochs(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipe in the first epoch of each phase, with the ramps of the phases before it at their ends."""
    over = [phase.moving for phase in ordered(recipe)]
    return tuple(_entered(recipe, (*over[:count], 0)) for count in range(len(over)))


def fewest_epochs(recipe: Recipe) -> tuple[int, ...]:
    """The fewest epochs that the schedule of each of the ``stations`` may run over, >= 0; 1 after a condition."""
    last, starts = recipe.train.epochs, [phase.start for phase in ordered(recipe)]
    ends = [*(last if start.is_conditional else start.epoch for start in starts), last]
    begins = (0, *(start.epoch for start in starts))
    certain = len(list(itertools.takewhile(lambda start: not start.is_conditional, starts)))
    longest = [end - begin for begin, end in zip(begins, ends, strict=True)]
    return (*longest[: certain + 1], *(min(epochs, 1) for epochs in longest[certain + 1 :]))


def span(recipe: Recipe, history: History) -> tuple[int, int]:
    """First epoch of the phase after these epochs, and the epoch after its last, as far as that is fixed."""
    begun = begins(recipe, history)
    rest = ordered(recipe)[len(begun) :]
    end = rest[0].start.epoch if rest and not rest[0].start.is_conditional else recipe.train.epochs
    return (begun[-1] if begun else 0), end


def segments(recipe: Recipe) -> tuple[Recipe, ...]:
    """A training divided where phases begin at fixed epochs: the recipe of each part; the last is the whole recipe.

    A part has only the phases up to its end, so equal parts of two trainings are trained once.
    """
    names = recipe.phase_names
    known = itertools.takewhile(lambda name: not recipe.phases[name].start.is_conditional, names)
    cuts: dict[int, Sequence[str]] = {}
    for number, name in enumerate(known):
        cuts.setdefault(recipe.phases[name].start.epoch, names[:number])
    return (*(_until(recipe, before, epochs) for epochs, before in cuts.items()), recipe)


def _until(recipe: Recipe, phases: Sequence[str], epochs: int) -> Recipe:
    train = recipe.train.model_copy(update={"epochs": epochs})
    return recipe.model_copy(update={"train": train, "phases": {name: recipe.phases[name] for name in phases}})


@functools.lru_cache(maxsize=64)
def _entered(recipe: Recipe, epochs_in: tuple[int, ...]) -> Recipe:
    if not epochs_in:
        return recipe.model_copy(update={"phases": {}})
    settings = recipe.model_dump(exclude={"phases"})
    for phase, epochs in zip(ordered(recipe), epochs_in, strict=False):
        settings = entered(settings, phase, epochs)
    return Recipe.model_validate(settings)
