"""Random erasing: a rectangle of one colour.

Document 000 sets the rectangle to 0 after normalisation; before normalisation that is the mean colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ablation.recipe.augment import Frame
from ablation.recipe.augment.batch.boxes import DRAWS, Boxes
from ablation.recipe.augment.batch.choice import some
from ablation.recipe.augment.batch.sampling import steps
from ablation.recipe.augment.batch.step import Step

ERASED_SCALE, ERASED_RATIO = (0.02, 0.33), (0.3, 3.3)
"""Share of the image and height over width of an erased rectangle, as torchvision and the paper have them."""


@dataclass(frozen=True)
class Erasing(Step):
    """Fills a rectangle with one colour with some probability, as torchvision's ``RandomErasing``.

    Args:
        colour: red, green and blue in 0..255.
        scale: least and largest area, share of the image.
        ratio: least and largest height over width.
    """

    probability: float
    colour: tuple[int, int, int]
    scale: tuple[float, float] = ERASED_SCALE
    ratio: tuple[float, float] = ERASED_RATIO

    @property
    def draws(self) -> int:
        return DRAWS + 1

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Whether to erase, and the top, left, height and width of the rectangle, (batch, 5).

        The rectangle is lower and narrower than the image; nothing is erased if no try fits.
        """
        ratio, most = (1 / self.ratio[1], 1 / self.ratio[0]), (height - 1, width - 1)
        boxes = Boxes(height, width, self.scale, ratio, (0, 0), most, (0, 0, 0, 0))
        return torch.cat([draws[:, :1] < self.probability, boxes.drawn(draws[:, 1:])], dim=1)

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        return some(images, parameters[:, 0] > 0, self._painted, parameters[:, 1:])

    def _painted(self, images: Tensor, boxes: Tensor) -> Tensor:
        inside = covered(boxes, *images.shape[2:]).view(torch.uint8).neg()  # 255 in the rectangle, else 0
        painted = [(images[:, n] & ~inside) | (inside & level) for n, level in enumerate(self.colour)]
        return torch.stack(painted, dim=1)


def erasing(
    probability: float,
    frame: Frame,
    scale: tuple[float, float] = ERASED_SCALE,
    ratio: tuple[float, float] = ERASED_RATIO,
) -> list[Step]:
    """The step that erases with the mean colour, in a list; an empty list for probability 0."""
    return [Erasing(probability, frame.mean, scale, ratio)] if probability > 0 else []


def covered(boxes: Tensor, height: int, width: int) -> Tensor:
    """Mask of the pixels in ``boxes`` (batch, 4), top, left, height and width: (batch, height, width) bool."""
    top, left, high, wide = boxes[:, :, None].unbind(1)
    y, x = (steps(side, 0.0, boxes.device) for side in (height, width))
    rows, columns = (y >= top) & (y < top + high), (x >= left) & (x < left + wide)
    return rows[:, :, None] & columns[:, None, :]
