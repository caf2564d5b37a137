"""Several random changes, one after another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ablation.recipe.augment import PerBatch
from ablation.recipe.augment.batch.choice import on_host
from ablation.recipe.augment.batch.step import Step

TOGETHER = 2**20
"""Number of values changed together on the CPU: they and the intermediate results fit into its cache."""

ALONE = 2**17
"""Number of values from which on an image is changed alone on the CPU: grouping would copy more than it saves."""


class Chain(PerBatch):
    """The steps in order, each with its own numbers.

    Args:
        steps: any number of changes; none leaves images unchanged.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)

    @property
    def draws(self) -> int:
        return sum(step.draws for step in self.steps)

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        if not self.steps or not len(images):
            return images
        own = torch.split(draws, [step.draws for step in self.steps], dim=1)
        parameters = [step.parameters(each, *images.shape[2:]) for step, each in zip(self.steps, own, strict=True)]
        together = _together(images[0].numel()) if on_host(images) else len(images)
        parts = [torch.split(each, together) for each in (images, *parameters)]
        changed = [self._changed(*part) for part in zip(*parts, strict=True)]
        return torch.cat(changed) if len(changed) > 1 else changed[0]

    def _changed(self, images: Tensor, *parameters: Tensor) -> Tensor:
        changed = images.contiguous()
        for step, own in zip(self.steps, parameters, strict=True):
            changed = step.changed(changed, own)
        return changed


def _together(values: int) -> int:
    """Number of images, of so many values each, that are changed together on the CPU."""
    return 1 if values >= ALONE else max(1, TOGETHER // values)
