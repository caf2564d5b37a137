"""What ``ablation preview`` shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from bench import Bench

from ablation.core.profiling.preview import preview_images
from ablation.core.task import Task


def task_of(bench: Bench, **patch: Any) -> Task:
    return Task.from_json(bench.task(patch))


def test_images_come_from_each_class_in_turn_and_as_they_are(bench: Bench) -> None:
    task = task_of(bench)
    seen = preview_images(task, bench.datasets, count=12, epochs=2)
    dataset, split = task.data(bench.datasets)
    assert seen.images.shape[0] == 12
    assert seen.labels[:10] == split.classes
    training = {image.tobytes() for image in dataset.images[split.train]}
    assert all(image.tobytes() in training for image in seen.images)


def test_without_augmentation_every_version_is_the_image_and_nothing_is_mixed(bench: Bench) -> None:
    seen = preview_images(task_of(bench), bench.datasets, count=3, epochs=2)
    assert all(np.array_equal(seen.changed[:, epoch], seen.images) for epoch in range(2))
    assert (seen.mixed, seen.shares) == (None, ())


def test_versions_differ_from_epoch_to_epoch_and_are_the_same_again(bench: Bench) -> None:
    task = task_of(bench, augment={"name": "basic"})
    one, again = (preview_images(task, bench.datasets, count=4, epochs=3) for _ in range(2))
    assert np.array_equal(one.changed, again.changed)
    assert not np.array_equal(one.changed[:, 0], one.changed[:, 1])


def test_a_mixture_is_the_sum_of_what_its_shares_say(bench: Bench) -> None:
    seen = preview_images(task_of(bench, mix={"name": "mixup", "alpha": 1.0}), bench.datasets, count=10, epochs=1)
    assert seen.mixed is not None
    by_class = dict(zip(seen.labels, seen.images.astype(float), strict=True))
    for images, texts in zip(seen.mixed, seen.shares, strict=True):
        for image, text in zip(images, texts, strict=True):
            parts = [part.split(" ") for part in text.split(" + ")]
            expected = sum(float(share) * by_class[name] for share, name in parts)
            assert np.abs(expected - image).max() < 3  # shares are rounded to hundredths


def test_what_a_phase_brings_is_shown(bench: Bench) -> None:
    phases = {"late": {"start": 1, "patch": {"augment": {"name": "basic"}}}}
    seen = preview_images(task_of(bench, phases=phases), bench.datasets, count=3, epochs=1)
    assert not np.array_equal(seen.changed[:, 0], seen.images)
