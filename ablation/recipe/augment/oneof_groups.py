"""One-of groups: document 003's three groups, of geometry, noise and colour, from each of which one change is drawn.

Changes     each training image: with probability 0.3 one of shift-scale-rotate, elastic deformation and grid
            distortion; with 0.3 one of noise, blur and motion blur; with 0.3 one of light, hue and RGB shift.
Helps       as a mild mixture for large photographs: a third of the images (0.7 cubed) stay as they are.
Collides    few.
Cost        about 0.4 ms an image at 64 px and 1.7 ms at 224 px on one core: 2,400 and 580 images a second.
Asked by    003_ecebd86cd390f469.txt (its snippet under the heading ``RandAugment``, +4-8 %).
Source      Albumentations 2.0.8.

The document says three things that differ: its heading and its settings (``randaugment_n = 2``, ``randaugment_m = 9``)
mean RandAugment, which is ``randaugment``; its text gives each group 33 % probability; its snippet gives each p=0.3 and
has neither N nor M. This is the snippet. In today's names: ``ShiftScaleRotate(0.1, 0.1, 15)`` is ``Affine`` with scale
0.9 to 1.1, shift of 0.1 each way, rotation of 15 degrees, ``keep_ratio`` (today's ShiftScaleRotate no longer keeps it)
and reflected edges; ``GaussNoise(var_limit=(10, 50))`` has std_range (0.0124, 0.0277), sqrt(10)/255 to sqrt(50)/255;
``GaussianBlur(blur_limit=(3, 7))`` is one of the kernels 3, 5, 7 with OpenCV's sigma 0.8, 1.1, 1.4;
``GridDistortion`` has ``normalized: false`` and reflected edges; the three of colour keep their names and values, with
val_shift_limit 20, the default then and now. Kernels do not shrink with the image. A third of the geometry is the
elastic deformation with alpha 1 and sigma 50, which moves nothing by a quarter of a pixel: see ``manufacturing``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ablation.recipe.augment.pipeline import Listed
from ablation.recipe.augment.translated import REFLECT, elastic, gauss_noise, gaussian_blur, grid_distortion

GEOMETRY: Sequence[Mapping[str, Any]] = (
    {
        "Affine": {
            "scale": [0.9, 1.1],
            "translate_percent": {"x": [-0.1, 0.1], "y": [-0.1, 0.1]},
            "rotate": [-15, 15],
            "keep_ratio": True,
            "border_mode": REFLECT,
        }
    },
    elastic(alpha=1, sigma=50),
    grid_distortion(num_steps=5, distort_limit=0.3),
)
NOISE: Sequence[Mapping[str, Any]] = (
    gauss_noise(10, 50),
    gaussian_blur(3, 5, 7),
    {"MotionBlur": {"blur_limit": [3, 7]}},
)
COLOUR: Sequence[Mapping[str, Any]] = (
    {"RandomBrightnessContrast": {"brightness_limit": 0.2, "contrast_limit": 0.2}},
    {"HueSaturationValue": {"hue_shift_limit": 20, "sat_shift_limit": 30, "val_shift_limit": 20}},
    {"RGBShift": {"r_shift_limit": 20, "g_shift_limit": 20, "b_shift_limit": 20}},
)


class OneOfGroups(Listed):
    """Document 003's three groups."""

    name: Literal["oneof_groups"] = "oneof_groups"

    def steps(self, image_size: int) -> Sequence[Any]:
        return [{"OneOf": {"transforms": list(group), "p": 0.3}} for group in (GEOMETRY, NOISE, COLOUR)]
