from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from torchvision import datasets

from ablation.errors import UserError
from ablation.recipe.data.prepare import prepare
from ablation.recipe.data.torchvision import SPLITS, Torchvision
from ablation.testing import DataSourceContract


def write_idx(path: Path, values: np.ndarray) -> None:
    """The format of the MNIST files: magic, sizes, bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(head + values.astype(np.uint8).tobytes())


def write_mnist(root: Path, name: str, rng: np.random.Generator) -> None:
    for part, count in (("train", 40), ("t10k", 20)):
        write_idx(root / name / "raw" / f"{part}-images-idx3-ubyte", rng.integers(0, 256, (count, 28, 28)))
        write_idx(root / name / "raw" / f"{part}-labels-idx1-ubyte", np.arange(count) % 10)


def test_every_known_dataset_is_one_of_torchvisions() -> None:
    assert all(hasattr(datasets, name) for name in SPLITS)


def test_official_splits_and_class_names_are_torchvisions(tmp_path: Path, rng: np.random.Generator) -> None:
    write_mnist(tmp_path / "data", "FashionMNIST", rng)
    settings = Torchvision(dataset="FashionMNIST", image_size=28)
    dataset = prepare(settings, tmp_path, tmp_path / "datasets")
    reference = datasets.FashionMNIST(str(tmp_path / "data"), train=False)
    assert dataset.classes == tuple(reference.classes)
    assert dataset.official is not None
    assert dataset.official.tolist() == ["train"] * 40 + ["test"] * 20
    assert dataset.labels[40:].tolist() == reference.targets.tolist()
    assert (dataset.images[40:, :, :, 1] == reference.data.numpy()).all()


def test_missing_files_are_refused_with_what_to_place_where(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        prepare(Torchvision(dataset="CIFAR10", root="sets"), tmp_path, tmp_path / "datasets")
    assert refusal.value.place == "data.root"
    assert str(tmp_path / "sets") in refusal.value.problem
    assert "cifar-10-batches-py" in refusal.value.remedy


def test_a_failed_download_is_refused_in_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(datasets.MNIST, "download", unreachable)
    with pytest.raises(UserError, match="no route to host") as refusal:
        prepare(Torchvision(dataset="MNIST", download=True), tmp_path, tmp_path / "datasets")
    assert "MNIST/raw/ with train-images-idx3-ubyte" in refusal.value.remedy


def test_a_download_is_not_decoded_twice(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.MNIST, "download", lambda self: write_mnist(tmp_path / "data", "MNIST", rng))
    settings = Torchvision(dataset="MNIST", download=True, image_size=8)
    first = prepare(settings, tmp_path, tmp_path / "datasets")
    monkeypatch.delattr(datasets, "MNIST")
    assert prepare(settings, tmp_path, tmp_path / "datasets").fingerprint == first.fingerprint


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'CIFAR10'"):
        Torchvision(dataset="CIFAR-10")


class TestTorchvision(DataSourceContract):
    source = Torchvision

    def written(self, folder: Path) -> Torchvision:
        write_mnist(folder / "data", "FashionMNIST", np.random.default_rng(0))
        return Torchvision(dataset="FashionMNIST")
