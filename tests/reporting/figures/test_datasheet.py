from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from torch.utils.data import WeightedRandomSampler

from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.digits import Digits
from ablation.recipe.data.split import Split, split
from ablation.reporting.figures.datasheet import (
    channel_statistics,
    class_counts,
    contact_sheet,
    duplicates,
    sampler_mix,
)

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


@pytest.fixture
def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    return Dataset(
        images=rng.integers(0, 256, (100, 6, 6, 3), dtype=np.uint8),
        labels=labels,
        classes=("cat", "dog", "a class with a name too long to stand beside its images"),
        names=tuple(f"{number}.png" for number in range(100)),
        official=None,
        groups=None,
        fingerprint="f",
        skipped=(),
    )


def dealt(dataset: Dataset) -> Split:
    rng = np.random.default_rng(1)
    return split(dataset, Digits(), "resampled", rng, rng, rng)


def test_counts_are_those_of_a_cross_table(dataset: Dataset) -> None:
    found = dealt(dataset)
    where = pd.Series("train", index=range(100))
    where[found.val], where[found.test] = "val", "test"
    expected = pd.crosstab(pd.Series(dataset.classes)[dataset.labels].to_numpy(), where.to_numpy())
    counts = class_counts(found)
    assert (counts[["train", "val", "test"]] == expected.loc[counts.index, ["train", "val", "test"]]).all(axis=None)
    assert counts["total"].tolist() == [60, 30, 10]


def test_channel_statistics_are_those_of_the_normalised_training_images(dataset: Dataset) -> None:
    found = dealt(dataset)
    normalised = (dataset.images[found.train] / 255 - MEAN) / STD
    table = channel_statistics(dataset, found, MEAN, STD)
    np.testing.assert_allclose(table["mean"], normalised.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(table["sd"], normalised.std(axis=(0, 1, 2)))


def test_no_duplicates_make_an_empty_table(dataset: Dataset) -> None:
    assert duplicates(dataset, dealt(dataset)).empty


def test_duplicates_are_found_across_splits_only(dataset: Dataset) -> None:
    found = dealt(dataset)
    dataset.images[found.train[1]] = dataset.images[found.train[0]]  # within training: no leak
    dataset.images[found.test[0]] = dataset.images[found.train[0]]
    dataset.images[found.test[2]] = dataset.images[found.val[0]]
    table = duplicates(dataset, found)
    names = [
        [dataset.names[place] for place in pair]
        for pair in zip(found.test[[0, 2]], (found.train[0], found.val[0]), strict=True)
    ]
    assert table[["image", "copy_of"]].to_numpy().tolist() == names
    assert table["split"].tolist() == ["test", "test"]
    assert table["copy_split"].tolist() == ["train", "val"]


def test_the_samplers_mix_is_the_expected_one_within_chance(dataset: Dataset) -> None:
    found = dealt(dataset)
    labels = found.labels[found.train]
    weights = 1 / np.bincount(labels)[labels]
    drawn = np.array(list(WeightedRandomSampler(weights.tolist(), 30_000)))
    mix = sampler_mix(found, weights, drawn)
    np.testing.assert_allclose(mix["expected"], 10_000)
    np.testing.assert_allclose(mix["drawn"], 10_000, rtol=0.05)
    assert mix["training"].tolist() == np.bincount(labels).tolist()


def test_without_weights_an_epoch_shows_the_training_set(dataset: Dataset) -> None:
    found = dealt(dataset)
    mix = sampler_mix(found, None, np.arange(len(found.train)))
    np.testing.assert_allclose(mix["expected"], mix["training"])
    assert (mix["drawn"] == mix["training"]).all()


def test_the_contact_sheet_shows_a_row_a_class_with_its_counts(dataset: Dataset) -> None:
    figure = contact_sheet(dataset, dealt(dataset))
    texts = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert texts[0] == ["cat", "train 38   val 10   test 12"]
    assert texts[2][0].endswith("…")
    strip = np.asarray(figure.axes[0].images[0].get_array())
    first = dealt(dataset).train[0]
    assert (strip[:, :6] == dataset.images[first]).all()
    assert "100 images of 6 × 6 pixels, 3 classes" in figure.texts[0].get_text()


def test_a_contact_sheet_of_many_classes_shows_the_first(dataset: Dataset) -> None:
    figure = contact_sheet(dataset, dealt(dataset), max_classes=2)
    assert len(figure.axes) == 2
    assert "2 of 3 classes" in figure.texts[0].get_text()
