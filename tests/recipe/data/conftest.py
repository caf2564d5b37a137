"""Small datasets made on the spot, and real ones where they lie beside the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ablation.recipe.data.dataset import Dataset

REAL = Path(__file__).parents[4] / "shared" / "data"
MakeDataset = Callable[..., Dataset]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL.is_dir():
        pytest.skip(f"no real datasets in {REAL}")
    return REAL


@pytest.fixture
def paint(rng: np.random.Generator) -> Callable[..., Path]:
    """Write an image of noise."""

    def paint(path: Path, size: tuple[int, int] = (9, 7), mode: str = "RGB") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(noise).convert(mode).save(path)
        return path

    return paint


@pytest.fixture
def class_folders(tmp_path: Path, paint: Callable[..., Path]) -> Callable[[Mapping[str, int]], Path]:
    """Write a folder of PNG images, so many for each class (a class may be a path: ``train/cat``)."""

    def write(counts: Mapping[str, int]) -> Path:
        for name, count in counts.items():
            for number in range(count):
                paint(tmp_path / "images" / name / f"{number}.png")
        return tmp_path / "images"

    return write


@pytest.fixture
def make_dataset() -> MakeDataset:
    """A dataset of 1 x 1 images with the given labels."""

    def make(labels: object, official: object = None, groups: object = None) -> Dataset:
        ids = np.asarray(labels, dtype=np.int64)
        return Dataset(
            images=np.arange(len(ids) * 3).astype(np.uint8).reshape(-1, 1, 1, 3),
            labels=ids,
            classes=tuple("abcdefghij"[: ids.max() + 1]),
            names=tuple(str(number) for number in range(len(ids))),
            official=None if official is None else np.asarray(official, dtype=str),
            groups=None if groups is None else np.asarray(groups, dtype=np.int64),
            fingerprint="f",
            skipped=(),
        )

    return make
