"""Decoded datasets: what is loaded, and what the fingerprint is of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ablation.errors import UserError
from ablation.recipe.data.dataset import load_dataset
from ablation.recipe.data.folder import Folder
from ablation.recipe.data.prepare import prepare

Write = Callable[[Mapping[str, int]], Path]


def folder(path: Path, **given: Any) -> Folder:
    return Folder(path=str(path), **{"image_size": 8} | given)


def test_what_is_loaded_is_what_was_decoded(class_folders: Write, tmp_path: Path) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    dataset = prepare(folder(root), tmp_path, tmp_path / "datasets")
    assert dataset.classes == ("cat", "dog")
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1]
    assert isinstance(dataset.images, np.memmap)
    for name, pixels in zip(dataset.names, dataset.images, strict=True):
        with Image.open(root / name) as image:
            assert (np.asarray(image.resize((8, 8), Image.Resampling.BILINEAR)) == pixels).all()
    again = load_dataset(tmp_path / "datasets", dataset.fingerprint)
    assert (again.images == dataset.images).all()
    assert (again.labels == dataset.labels).all()


def test_the_fingerprint_is_of_the_content_and_not_of_the_place(class_folders: Write, tmp_path: Path) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    first = prepare(folder(root), tmp_path, tmp_path / "datasets")
    moved = shutil.copytree(root, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    second = prepare(folder(Path("elsewhere")), tmp_path, tmp_path / "other")
    assert second.fingerprint == first.fingerprint
    (moved / "dog" / "0.png").unlink()
    assert prepare(folder(moved), tmp_path, tmp_path / "datasets").fingerprint != first.fingerprint
    assert prepare(folder(root, image_size=9), tmp_path, tmp_path / "datasets").fingerprint != first.fingerprint


def test_a_changed_image_is_noticed(class_folders: Write, paint: Callable[..., Path], tmp_path: Path) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    first = prepare(folder(root), tmp_path, tmp_path / "datasets")
    paint(root / "cat" / "0.png")
    assert prepare(folder(root), tmp_path, tmp_path / "datasets").fingerprint != first.fingerprint


def test_a_deleted_dataset_is_decoded_again(class_folders: Write, tmp_path: Path) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    first = prepare(folder(root), tmp_path, tmp_path / "datasets")
    shutil.rmtree(tmp_path / "datasets" / first.fingerprint)
    with pytest.raises(UserError, match="no decoded dataset"):
        load_dataset(tmp_path / "datasets", first.fingerprint)
    assert (prepare(folder(root), tmp_path, tmp_path / "datasets").labels == first.labels).all()
