"""Policies: RandAugment, TrivialAugment and AutoAugment, from torchvision's own tables.

The tables of changes and strengths (``_AUGMENTATION_SPACE``) and AutoAugment's learnt pairs (``_policies``) are not
part of torchvision's public interface. They are read nevertheless, since a copy could differ from torchvision
unnoticed. A test compares the results with torchvision's own transforms.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torchvision.transforms import AutoAugmentPolicy, v2

from ablation.recipe.augment.batch import colour, tone
from ablation.recipe.augment.batch.affine import moved, turning
from ablation.recipe.augment.batch.choice import UNCHANGED, Change, one_of
from ablation.recipe.augment.batch.constant import Constant
from ablation.recipe.augment.batch.draws import sign, whole
from ablation.recipe.augment.batch.sampling import Interpolation
from ablation.recipe.augment.batch.step import Step

Space: TypeAlias = Mapping[str, tuple[Any, bool]]
"""By name of a change: a function from steps, height and width to strengths, and whether they may be negative."""

KINDS: Mapping[str, Change] = {
    "Brightness": lambda images, numbers: colour.brighter(images, 1 + numbers[:, :1]),
    "Color": lambda images, numbers: colour.saturated(images, 1 + numbers[:, :1]),
    "Contrast": lambda images, numbers: colour.contrasted(images, 1 + numbers[:, :1]),
    "Sharpness": lambda images, numbers: colour.sharpened(images, 1 + numbers[:, :1]),
    "Posterize": lambda images, numbers: tone.posterized(images, numbers[:, :1]),
    "Solarize": lambda images, numbers: tone.solarized(images, numbers[:, :1]),
    "AutoContrast": tone.stretched,
    "Equalize": tone.equalized,
    "Invert": tone.inverted,
}
"""The changes by torchvision's names, except ``MOVES`` and ``Identity``."""

MOVES = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
"""Geometric changes, all computed by one warp."""

PAIRS_STEPS = 10
"""Number of strengths in AutoAugment's pairs."""


class Strength(NamedTuple):
    """A change at one strength.

    Args:
        probability: of the change.
        signed: whether half of the images get the negative strength.
    """

    name: str
    value: float
    signed: bool
    probability: float = 1.0


def strengths(space: Space, name: str, count: int, side: int) -> Iterator[Strength]:
    """A change at each of ``count`` strengths, for images with sides of ``side`` pixels."""
    values, signed = space[name]
    found = values(count, side, side)
    for value in [0.0] * count if found is None else found.tolist():
        yield Strength(name, float(value), signed)


class Policy(Step):
    """Rounds of changes, each of one strength in a table.

    Args:
        table: the changes to choose from.
    """

    def __init__(self, table: Sequence[Strength], interpolation: Interpolation) -> None:
        kinds = sorted({_kind(each) for each in table} - {"Identity"})
        self._changes = [
            partial(moved_by, interpolation=interpolation) if kind == "Move" else KINDS[kind] for kind in kinds
        ]
        rows = [(_index(kinds, _kind(each)), _index(MOVES, each.name), *each[1:]) for each in table]
        self._table = Constant(torch.tensor(rows, dtype=torch.float64))

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Index of an image's change, its strength, and index of its move, for each round, (batch, rounds, 3)."""
        table, rounds = self._table.on(draws.device), []
        for rows, signs, chances in self.rounds(draws):
            kind, move, value, signed, probability = table[rows].unbind(1)
            strength = torch.where(signed > 0, sign(signs) * value, value)
            rounds.append(torch.stack([kind.where(chances < probability, UNCHANGED), strength, move], dim=1))
        return torch.stack(rounds, dim=1)

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        for numbers in parameters.unbind(1):
            images = one_of(images, numbers[:, 0].long(), self._changes, numbers[:, 1:])
        return images

    @abstractmethod
    def rounds(self, draws: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """For each round each image's row of the table, int64, and uniform numbers for its sign and its probability."""


class RandPolicy(Policy):
    """``n`` changes of one strength, as torchvision's ``RandAugment``.

    Args:
        n: changes of each image, >= 1.
        m: their strength, in 0..steps - 1.
        side: of the images, pixels.
    """

    def __init__(self, n: int, m: int, steps: int, side: int, interpolation: Interpolation) -> None:
        space: Space = v2.RandAugment._AUGMENTATION_SPACE
        self._n, self._count = n, len(space)
        super().__init__([list(strengths(space, name, steps, side))[m] for name in space], interpolation)

    @property
    def draws(self) -> int:
        return 2 * self._n

    def rounds(self, draws: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        for row, signs in draws.reshape(-1, self._n, 2).permute(1, 2, 0):
            yield whole(row, self._count).long(), signs, torch.zeros_like(signs)


class TrivialPolicy(Policy):
    """One change of any strength, as torchvision's ``TrivialAugmentWide``."""

    STRENGTHS = 31

    def __init__(self, side: int, interpolation: Interpolation) -> None:
        space: Space = v2.TrivialAugmentWide._AUGMENTATION_SPACE
        table = [each for name in space for each in strengths(space, name, self.STRENGTHS, side)]
        self._count = len(table)  # each change has as many rows
        super().__init__(table, interpolation)

    @property
    def draws(self) -> int:
        return 2

    def rounds(self, draws: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        row, signs = draws.unbind(1)
        yield whole(row, self._count).long(), signs, torch.zeros_like(signs)


class PairsPolicy(Policy):
    """One of the learnt pairs of changes, each with its probability, as torchvision's ``AutoAugment``."""

    def __init__(self, learnt_on: AutoAugmentPolicy, side: int, interpolation: Interpolation) -> None:
        transform = v2.AutoAugment(learnt_on)
        pairs = [change for pair in transform._policies for change in pair]
        space: Space = transform._AUGMENTATION_SPACE
        found = [list(strengths(space, name, PAIRS_STEPS, side))[step or 0] for name, _, step in pairs]
        table = [each._replace(probability=chance) for each, (_, chance, _) in zip(found, pairs, strict=True)]
        self._pairs = len(transform._policies)
        super().__init__(table, interpolation)

    @property
    def draws(self) -> int:
        return 5

    def rounds(self, draws: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        pair, *rest = draws.unbind(1)
        for place in range(2):
            yield 2 * whole(pair, self._pairs).long() + place, rest[2 * place], rest[2 * place + 1]


def moved_by(images: Tensor, numbers: Tensor, interpolation: Interpolation) -> Tensor:
    """Images moved by ``numbers`` (batch, 2): a strength and an index into ``MOVES``; shears keep a corner fixed."""
    height, width = images.shape[2:]
    shear_x, shear_y, right, down, angle = (numbers[:, 0] * (numbers[:, 1] == move) for move in range(len(MOVES)))
    rows = [torch.zeros_like(angle), shear_x, shear_x * (height / 2) - right.trunc()]
    rows += [shear_y, torch.zeros_like(angle), shear_y * (width / 2) - down.trunc()]
    return moved(images, turning(angle) + torch.stack(rows, dim=1), interpolation)


def _kind(strength: Strength) -> str:
    return "Move" if strength.name in MOVES else strength.name


def _index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else UNCHANGED
