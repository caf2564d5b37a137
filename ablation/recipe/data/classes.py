"""Which classes are used, and under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, model_validator

from ablation.errors import UserError, nearest
from ablation.recipe.settings import Settings

DROPPED = -1
"""Label of an image whose class is not used."""


class ClassSettings(Settings):
    """``keep`` and ``drop`` name classes of the source; ``merge`` joins classes that are left."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # YAML reads the class 7 as a number

    keep: tuple[str, ...] = ()
    """Names of the only classes to use; none means all."""
    drop: tuple[str, ...] = ()
    """Names of classes to leave out, such as those too small to split."""
    merge: Mapping[str, tuple[str, ...]] = {}
    """For each new class the names of the old ones that it joins; it stands at the place of the first of them."""

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        if both := sorted(set(self.keep) & set(self.drop)):
            raise ValueError(f"{both[0]!r} is both kept and dropped")
        times = Counter(old for olds in self.merge.values() for old in set(olds))
        if twice := sorted(old for old, count in times.items() if count > 1):
            raise ValueError(f"{twice[0]!r} is merged into two classes")
        return self


def relabel(
    labels: NDArray[np.int64], classes: tuple[str, ...], settings: ClassSettings
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels after keeping, dropping and merging (``DROPPED`` for dropped classes), and the names of the classes.

    Args:
        labels: shape (n,), positions in ``classes``.

    Raises:
        UserError: an unknown class, a merged name that exists already, or fewer than two classes left.
    """
    new = _new_names(classes, settings)
    names = tuple(dict.fromkeys(new[old] for old in classes if old in new))
    if len(names) < 2:
        raise UserError(
            f"{len(names)} class left of {len(classes)}", place="data.classes", remedy="two or more classes are needed"
        )
    table = np.array([names.index(new[old]) if old in new else DROPPED for old in classes], dtype=np.int64)
    return table[labels], names


def check_positive(name: str | None, classes: tuple[str, ...]) -> None:
    """Check that the positive class, if there is one, is one of exactly two classes.

    Raises:
        UserError: it is unknown, or there are more classes.
    """
    if name is None:
        return
    place = "data.positive_class"
    _check_known((name,), classes, place)
    if len(classes) != 2:
        remedy = "join the others by data.classes.merge, or leave it out"
        raise UserError(f"{len(classes)} classes, where a positive class is one of two", place=place, remedy=remedy)


def _new_names(classes: tuple[str, ...], settings: ClassSettings) -> dict[str, str]:
    """The new name of every class that is used."""
    _check_known(settings.keep, classes, "data.classes.keep")
    _check_known(settings.drop, classes, "data.classes.drop")
    kept = [name for name in settings.keep or classes if name not in settings.drop]
    merged: dict[str, str] = {}
    for new, olds in settings.merge.items():
        place = f"data.classes.merge.{new}"
        _check_known(olds, kept, place)
        if new in kept and new not in olds:
            raise UserError(
                f"{new!r} is a class already", place=place, remedy=f"list {new!r} too, or choose a new name"
            )
        merged |= dict.fromkeys(olds, new)
    return {name: merged.get(name, name) for name in kept}


def _check_known(names: tuple[str, ...], known: tuple[str, ...] | list[str], place: str) -> None:
    for name in names:
        if name not in known:
            raise UserError(f"no class {name!r}", place=place, remedy=nearest(name, known))
