"""An experiment that plans in milliseconds: twelve images in two folders, a network of two channels, five rungs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

SMALL = """\
name: small
metric: accuracy
margin: 2.0
protocol: fixed_test
replicates: 2
baseline:
  data: {source: folder, path: images, image_size: 8}
  model: {backbone: {name: small_cnn, width: 2}}
  train: {epochs: 1}
rungs:
  - name: Wider
    patch: {model: {backbone: {width: 3}}}
  - name: Focal loss
    patch: {loss: {name: focal}}
  - name: Flips
    patch: {augment: {name: basic}}
  - name: Cosine
    patch: {schedule: {name: cosine}}
  - name: Views
    patch: {inference: {tta: [identity, hflip]}}
designs: [ladder, leave_one_out]
"""


def write_experiment(folder: Path, text: str = SMALL, counts: Mapping[str, int] | None = None) -> Path:
    """The file and its images below a folder; gives the file's path."""
    rng = np.random.default_rng(0)
    for name, count in (counts or {"a": 6, "b": 6}).items():
        (folder / "images" / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "images" / name / f"{number}.png")
    file = folder / "small.yaml"
    file.write_text(text)
    return file


def changed(old: str, new: str) -> str:
    """The small experiment with one passage replaced."""
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)
