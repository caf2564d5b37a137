"""No mixing: each batch as it is.

Changes     nothing; this is the default.
Helps       as the rung below MixUp and CutMix.
Collides    nothing.
Cost        none.
Asked by    no document.
Source      none.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ablation.recipe.mix import Mix, MixSettings


class NoMix(MixSettings):
    """Batches as they are."""

    name: Literal["none"] = "none"

    @property
    def changes_nothing(self) -> bool:
        return True

    def build(self, classes: int) -> Mix:
        return _unchanged


def _unchanged(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    return images, targets
