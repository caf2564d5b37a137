"""Image files for tests of sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def paint_noise(path: Path, size: tuple[int, int] = (9, 7)) -> None:
    """Write an image of noise, which depends on the file's name alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(list(path.name.encode())).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
