from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from bench import Bench

from ablation.core.task import Task
from ablation.core.training.setup import Training

PHASES = {"larger": {"start": 3, "patch": {"data": {"image_size": 16}}}}
NOISY = {"data": {"label_noise": 0.3}}


def test_a_task_survives_json(bench: Bench) -> None:
    raw = bench.task({"augment": {"name": "enhanced"}, "loss": {"name": "focal", "alpha": [1.0] * 10}})
    once = Task.from_json(json.loads(json.dumps(raw)))
    again = Task.from_json(raw | {"recipe": json.loads(once.recipe.model_dump_json())})
    assert again == once


def test_the_recipe_of_an_epoch_is_that_of_its_phase(bench: Bench) -> None:
    task = Task.from_json(bench.task({"train": {"epochs": 4}, "phases": PHASES}))
    history: list[dict[str, Any]] = [{"epoch": number, "train/loss": 1.0} for number in (1, 2, 3)]
    sizes = [task.at(history[:count]).recipe.data.image_size for count in range(4)]
    assert sizes == [8, 8, 8, 16]
    assert [task.trained_under(history[:count]).recipe for count in (1, 2, 3)] == [
        task.at(history[:count]).recipe for count in range(3)
    ]
    assert task.in_last_phase().recipe == task.at(history).recipe


def test_without_pretrained_weights_nothing_else_changes(bench: Bench) -> None:
    task = Task.from_json(bench.task({"model": {"backbone": "resnet18", "weights": "IMAGENET1K_V1"}}))
    changed = task.with_random_weights()
    assert changed.recipe.model.weights == "none"
    assert changed.recipe.model.model_copy(update={"weights": task.recipe.model.weights}) == task.recipe.model
    assert changed.recipe.model_copy(update={"model": task.recipe.model}) == task.recipe


def test_the_splits_of_a_replicate_share_no_image_and_the_test_images_stay(bench: Bench) -> None:
    one, other = (bench.training(replicate=replicate).split for replicate in (0, 1))
    for each in (one, other):
        assert not set(each.train) & set(each.val)
        assert not set(each.test) & {*each.train, *each.val}
    np.testing.assert_array_equal(one.test, other.test)
    assert set(one.val) != set(other.val)


def test_label_noise_changes_training_labels_only(bench: Bench) -> None:
    plain, noisy = bench.training(), bench.training(NOISY)
    for name in ("train", "val", "test"):
        assert np.array_equal(getattr(plain.split, name), getattr(noisy.split, name))
    changed = np.flatnonzero(plain.split.labels != noisy.split.labels)
    assert set(changed) <= set(plain.split.train)
    assert len(changed) / len(plain.split.train) == pytest.approx(0.3, abs=0.08)


def test_members_share_the_noise_and_replicates_do_not(bench: Bench) -> None:
    zero, member = (
        Training.prepare(Task.from_json(bench.task(NOISY, member=each)), (), bench.datasets).split.labels
        for each in (0, 1)
    )
    assert np.array_equal(zero, member)
    wrong = [
        set(np.flatnonzero(each.split.labels != each.dataset.labels))
        for each in (bench.training(NOISY, replicate) for replicate in (0, 1))
    ]
    assert wrong[0] != wrong[1]


def test_the_split_is_the_same_at_every_image_size(bench: Bench) -> None:
    small, large = (bench.training({"data": {"image_size": size, "label_noise": 0.2}}) for size in (8, 16))
    assert small.split.digest == large.split.digest
    assert (small.dataset.images.shape[1], large.dataset.images.shape[1]) == (8, 16)
