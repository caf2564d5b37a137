"""Colour jitter: brightness, contrast, saturation and hue, in a random order."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ablation.recipe.augment.batch.choice import some
from ablation.recipe.augment.batch.colour import blended, grey_of, hue_turned, mean_of
from ablation.recipe.augment.batch.draws import between
from ablation.recipe.augment.batch.sampling import as_bytes
from ablation.recipe.augment.batch.step import Step

BRIGHTNESS, CONTRAST, SATURATION = range(3)
"""The changes that blend an image with black, with its mean, and with its grey version."""


@dataclass(frozen=True)
class Jitter(Step):
    """Changes the colours of each image, as torchvision's ``ColorJitter``; a magnitude of 0 omits its change.

    Args:
        brightness, contrast, saturation: largest relative changes, in [0, 1].
        hue: largest change, turns of the colour circle, in [0, 0.5].
    """

    brightness: float
    contrast: float
    saturation: float
    hue: float

    @property
    def draws(self) -> int:
        return 2 * (len(self._blends) + (self.hue > 0))

    @property
    def _blends(self) -> list[tuple[int, float]]:
        """Kinds and magnitudes of the changes that blend."""
        magnitudes = enumerate((self.brightness, self.contrast, self.saturation))
        return [(kind, magnitude) for kind, magnitude in magnitudes if magnitude > 0]

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Pairs, (batch, 1 + blends, 2): how many blends come before hue and its turns, then their kinds and factors.

        The order is that of the changes' own uniform numbers.
        """
        keys, values, count = draws[:, 0::2], draws[:, 1::2], len(self._blends)
        before = (keys[:, :count] < keys[:, -1:]).sum(dim=1).double() * (self.hue > 0)
        hue = torch.stack([before, between(values[:, -1], -self.hue, self.hue)], dim=1)[:, None]
        if not count:
            return hue
        factors = [between(values[:, n], 1 - size, 1 + size) for n, (_, size) in enumerate(self._blends)]
        kinds = [torch.full_like(factors[0], kind) for kind, _ in self._blends]
        blends = torch.stack([torch.stack(kinds, dim=1), torch.stack(factors, dim=1)], dim=2)
        order = keys[:, :count].argsort(dim=1, stable=True)[:, :, None].expand_as(blends)
        return torch.cat([hue, blends.gather(1, order)], dim=1)

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        levels, before, blends = images.float(), parameters[:, 0, 0], parameters[:, 1:].unbind(1)
        if self.hue:
            for place, numbers in enumerate(blends):
                levels = some(levels, before > place, _blended, numbers)
            levels = hue_turned(levels, parameters[:, 0, 1:])
        for place, numbers in enumerate(blends):
            levels = some(levels, before <= place, _blended, numbers)
        return as_bytes(levels)


def _blended(levels: Tensor, numbers: Tensor) -> Tensor:
    """Levels changed by the kind and the factor in ``numbers`` (batch, 2)."""
    kind, factor = numbers.float()[:, :, None, None, None].unbind(1)
    grey = grey_of(levels)
    return blended(levels, grey * (kind == SATURATION) + mean_of(grey) * (kind == CONTRAST), factor)
