from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from ablation.recipe.data.digits import Digits
from ablation.recipe.data.prepare import prepare
from ablation.testing import DataSourceContract


def test_digits_are_scikit_learns_on_the_full_range_of_grey(tmp_path: Path) -> None:
    dataset = prepare(Digits(image_size=8), tmp_path, tmp_path)
    reference = load_digits()
    assert dataset.images.shape == (1797, 8, 8, 3)
    assert (dataset.labels == reference.target).all()
    assert dataset.classes == tuple("0123456789")
    assert (dataset.images == np.round(reference.images / 16 * 255)[..., None]).all()


def test_digits_are_resized(tmp_path: Path) -> None:
    assert prepare(Digits(image_size=20), tmp_path, tmp_path).images.shape == (1797, 20, 20, 3)


class TestDigits(DataSourceContract):
    source = Digits

    def written(self, folder: Path) -> Digits:
        return Digits()
