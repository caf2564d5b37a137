"""The 1,797 handwritten digits that come with scikit-learn: grey, 8 x 8 pixels, ten classes.

Changes     where images come from.
Helps       first steps, examples and tests: nothing to download, a training in seconds.
Collides    large image sizes (8 x 8 pixels hold no more detail).
Cost        none that can be measured.
Asked by    nobody; the embedded default.
Source      Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, doi:10.24432/C50P49, test part.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from PIL import Image

from ablation.recipe.data import DataSettings
from ablation.recipe.data.decoded import Decoded

WHITE = 16  # the brightest value in the original


class Digits(DataSettings):
    """Handwritten digits."""

    place: ClassVar[str] = "data.source"

    source: Literal["digits"] = "digits"

    def files(self, base: Path) -> Iterable[Path]:
        return ()

    def decode(self, base: Path) -> Decoded:
        from sklearn.datasets import load_digits  # a second to import, and only needed here

        digits = load_digits()
        grey = np.round(digits.images * (255 / WHITE)).astype(np.uint8)  # (n, 8, 8)
        return Decoded(
            images=(Image.fromarray(image) for image in grey),
            labels=digits.target.astype(np.int64),
            classes=tuple(str(name) for name in digits.target_names),
            names=tuple(f"digit {number:04d}" for number in range(len(grey))),
        )
