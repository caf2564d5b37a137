from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from ablation.recipe.data.pixels import BROKEN, is_image, square

NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_resizing_is_torchs_antialiased_bilinear() -> None:
    tensor = torch.from_numpy(NOISE).permute(2, 0, 1)[None].float()
    expected = F.interpolate(tensor, (16, 16), mode="bilinear", antialias=True)[0].permute(1, 2, 0).numpy()
    assert abs(square(Image.fromarray(NOISE), 16) - expected).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    pixels = square(stored(Image.fromarray(NOISE).convert(mode), kind), 8)
    assert (pixels.shape, pixels.dtype) == ((8, 8, 3), np.uint8)


def test_a_palette_with_transparency_raises_no_warning() -> None:
    palette = Image.fromarray(NOISE).convert("P")
    assert square(stored(palette, transparency=bytes(range(200))), 8).shape == (8, 8, 3)


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    grey = Image.fromarray(np.full((8, 8), 0x80FF, dtype=np.uint16))
    assert (square(stored(grey), 8) == 0x80).all()


def test_an_image_that_says_it_is_rotated_stands_upright() -> None:
    tall = Image.fromarray(np.repeat(np.array([[[255]], [[0]]], dtype=np.uint8), 16, axis=0).repeat(16, 1).repeat(3, 2))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to view
    pixels = square(stored(tall, "JPEG", exif=exif), 8).astype(int)
    assert pixels[:, 7].mean() > 200  # what was on top is on the right
    assert pixels[:, 0].mean() < 50


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_image_is_recognised_and_fails_to_decode(kind: str, tmp_path: Path) -> None:
    whole = stored(Image.fromarray(NOISE), kind)
    (path := tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    assert is_image(path)
    with pytest.raises(BROKEN):
        square(path, 8)


def test_text_is_no_image(tmp_path: Path) -> None:
    (path := tmp_path / "notes.jpg").write_text("not an image")
    assert not is_image(path)
