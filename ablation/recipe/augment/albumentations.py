"""Albumentations: any transforms of that library, by name and with their own parameters, as a list in the file.

Changes     each training image: the listed transforms in their order, each with its own probability ``p`` (the
            library's default is mostly 0.5); ``OneOf``, ``SomeOf``, ``RandomOrder``, ``Sequential`` and ``OneOrOther``
            hold lists of their own under ``transforms``.
Helps       where one knows how images vary in use: blur, noise, light, deformation; five to eight times as fast as
            torchvision's transforms of one image for geometry and colour.
Collides    what is done elsewhere in a recipe: normalising, resizing, conversion to tensors and batches is refused, and
            so is what needs masks, boxes or other images.
Cost        the default about 0.14 ms an image at 64 px and 0.33 ms at 224 px on one core: 7,100 and 3,000 images a
            second. Slow at 224 px are ElasticTransform, ThinPlateSpline and RandomFog, 11 to 33 ms each.
Asked by    001_b04657de1b61805f.txt, 002_111c0abedfd045f2.txt, 003_ecebd86cd390f469.txt; their pipelines are
            ``transfer``, ``manufacturing`` and ``oneof_groups``.
Source      Buslaev et al. 2018, arXiv:1809.06839; Albumentations 2.0.8, the last under the MIT licence.

::

    augment:
      name: albumentations
      transforms:
        - HorizontalFlip
        - GaussNoise: {std_range: [0.01, 0.03], p: 0.3}
        - OneOf: {p: 0.5, transforms: [CLAHE, {Sharpen: {alpha: [0.2, 0.5]}}]}

Names and parameters are those of the installed version, checked when the file is read: the library itself only warns
of a name it does not know, often one of an older version, and goes on with its default. What OpenCV has numbers for
takes the number: ``border_mode`` 0 fills with a colour, 1 repeats the edge, 4 reflects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from ablation.recipe.augment.pipeline import Listed
from ablation.recipe.augment.steps import Step


class Albumentations(Listed):
    """A list of Albumentations transforms."""

    name: Literal["albumentations"] = "albumentations"
    transforms: tuple[Step, ...] = Field(("HorizontalFlip", "RandomBrightnessContrast"), min_length=1)
    """The transforms in order, each a name or a mapping of one name to its parameters; by default those of the
    library's own first example, without its crop."""

    def steps(self, image_size: int) -> Sequence[Any]:
        return self.transforms
