"""A recipe in time: which of its phases have begun, and what holds in the next epoch.

All of it follows from the recipe and the records of the epochs so far, so a resumed training needs no more.
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
    """The name of the phase that holds in the epoch after these; None before the first."""
    begun = len(begins(recipe, history))
    return recipe.phase_names[begun - 1] if begun else None


def recipe_at(recipe: Recipe, history: History) -> Recipe:
    """What holds in the epoch after these, without phases."""
    return _entered(recipe, tuple(len(history) - begun for begun in begins(recipe, history)))


def stations(recipe: Recipe) -> tuple[Recipe, ...]:
    """What holds before the phases, and after each of them with its ramps at their end; also where none is reached."""
    over = [phase.moving for phase in ordered(recipe)]
    return tuple(_entered(recipe, tuple(over[:count])) for count in range(len(over) + 1))


def first_epochs(recipe: Recipe) -> tuple[Recipe, ...]:
    """What holds in the first epoch of each phase, those before it with their ramps at their end."""
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
    """First epoch of the phase that holds after these epochs, and the one after its last, as far as it is fixed."""
    begun = begins(recipe, history)
    rest = ordered(recipe)[len(begun) :]
    end = rest[0].start.epoch if rest and not rest[0].start.is_conditional else recipe.train.epochs
    return (begun[-1] if begun else 0), end


def segments(recipe: Recipe) -> tuple[Recipe, ...]:
    """A training cut where phases begin at epochs that are known: each part's recipe, the last of them the whole one.

    A part knows its own phases only and ends where the next begins, so equal parts of two trainings are one.
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
