"""Corrupted images: the same ones for every variant and replicate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bench import SEED, Bench, predictions
from numpy.typing import NDArray

from ablation.core import execute
from ablation.core.input.corruption import corrupted_images
from ablation.core.input.pixels import Pixels
from ablation.recipe.component import choices
from ablation.recipe.corruption import CorruptionSettings

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
NOISE = CorruptionSettings.choose("gaussian_noise")


def by_hand(image: NDArray[np.uint8], number: int, settings: CorruptionSettings, count: int) -> NDArray[np.uint8]:
    """One image, from the seed of its number in the experiment's stream."""
    stream = np.random.SeedSequence([SEED, 0, 10], spawn_key=(0,))
    seed = np.random.default_rng(stream).integers(2**63, size=count)[number]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed))
        changed: NDArray[np.uint8] = (
            settings.build()(torch.from_numpy(image.copy()).permute(2, 0, 1)).permute(1, 2, 0).numpy()
        )
    return changed


@pytest.mark.parametrize("name", list(choices(CorruptionSettings)))
def test_each_image_is_changed_by_its_own_seed_alone(name: str) -> None:
    settings = CorruptionSettings.choose(name)
    ids = np.array([7, 2, 11])
    found = corrupted_images(IMAGES, ids, settings, SEED)
    for place, number in enumerate(ids):
        assert np.array_equal(found[place], by_hand(IMAGES[number], number, settings, 12))


def test_other_images_order_and_earlier_draws_make_no_difference() -> None:
    whole = corrupted_images(IMAGES, np.arange(12), NOISE, SEED)
    torch.rand(3)
    some = corrupted_images(IMAGES, np.array([9, 4]), NOISE, SEED)
    assert np.array_equal(some, whole[[9, 4]])
    assert not np.array_equal(whole, corrupted_images(IMAGES, np.arange(12), NOISE, SEED + 1))


def test_the_images_themselves_and_torchs_generator_stay() -> None:
    before, state = IMAGES.copy(), torch.get_rng_state()
    corrupted_images(IMAGES, np.arange(12), NOISE, SEED)
    assert np.array_equal(IMAGES, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_all_replicates_members_and_variants_predict_the_same_corrupted_images(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[NDArray[np.uint8]] = []
    real = execute.probabilities

    def watch(predictor: Any, pixels: Pixels, *rest: Any) -> Any:
        shown.append(np.array(pixels.images))
        return real(predictor, pixels, *rest)

    monkeypatch.setattr(execute, "probabilities", watch)
    wide = {"model": {"backbone": {"width": 5}}}
    noise = {"name": "gaussian_noise"}
    for number, (patch, replicate, member) in enumerate([({}, 0, 0), ({}, 1, 0), (wide, 0, 0), ({}, 0, 2)]):
        trained = bench.train(f"trained-{number}", {**patch, "train": {"epochs": 1}}, replicate, member)
        bench.predict(trained, patch, replicate, corruption=noise)
    assert all(np.array_equal(each, shown[0]) for each in shown[1:])
    split, images = bench.training().split, bench.training().dataset.images
    expected = [by_hand(images[number], number, NOISE, len(images)) for number in split.test]
    assert np.array_equal(shown[0], np.stack(expected))


def test_a_corrupted_prediction_keeps_ids_and_labels_and_loses_something(bench: Bench) -> None:
    patch = {"train": {"epochs": 8}}
    trained = bench.train("trained", patch)
    plain = predictions(bench.predict(trained, patch))
    noisy = predictions(bench.predict(trained, patch, corruption={"name": "gaussian_noise", "std": 1.0}))
    assert np.array_equal(plain["ids"], noisy["ids"])
    assert np.array_equal(plain["labels"], noisy["labels"])
    right = [(each["decisions"] == each["labels"]).mean() for each in (plain, noisy)]
    assert right[1] < right[0]
