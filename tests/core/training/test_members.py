"""What members of an ensemble share, and what label noise leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from bench import Bench, assert_equal, same_weights

from ablation.core.streams import _IDS, Streams
from ablation.core.task import Task
from ablation.core.training.setup import Training


def training_of(bench: Bench, member: int) -> Training:
    return Training.prepare(Task.from_json(bench.task(member=member)), (), bench.datasets)


def test_member_0_is_the_training_without_an_ensemble(bench: Bench) -> None:
    for name, number in _IDS.items():
        expected = np.random.default_rng(np.random.SeedSequence([3, 4, number])).random()
        assert Streams(3, 4, 0).generator(name).random() == expected
    assert_equal(bench.train("member", member=0), bench.train("alone"))


def test_members_differ_in_all_that_is_drawn_in_training_and_share_what_they_see() -> None:
    shared = {"split", "test", "label_noise", "corruption"}
    for name in _IDS:
        draws = {Streams(3, 4, member).generator(name).random() for member in range(5)}
        assert len(draws) == (1 if name in shared else 5), name
        first = {Streams(3, replicate, 1).generator(name).random() for replicate in range(5)}
        assert len(first) == 5


def test_members_begin_and_go_through_the_same_split_differently(bench: Bench) -> None:
    one, other = (training_of(bench, member) for member in (0, 1))
    assert one.split.digest == other.split.digest
    assert not same_weights(one.fresh().model.state_dict(), other.fresh().model.state_dict())
    ours, theirs = (np.concatenate([ids for step in each.steps_of(0) for ids in step]) for each in (one, other))
    assert sorted(ours) == sorted(theirs)
    assert ours.tolist() != theirs.tolist()


NOISY = {"data": {"label_noise": 0.3}}


def test_label_noise_changes_training_labels_only(bench: Bench) -> None:
    plain, noisy = bench.training(), bench.training(NOISY)
    for name in ("train", "val", "test"):
        assert np.array_equal(getattr(plain.split, name), getattr(noisy.split, name))
    changed = np.flatnonzero(plain.split.labels != noisy.split.labels)
    assert set(changed) <= set(plain.split.train)
    assert len(changed) / len(plain.split.train) == pytest.approx(0.3, abs=0.08)


def test_the_loss_is_charged_with_the_noisy_labels(bench: Bench) -> None:
    training = bench.training(NOISY)
    ids = training.split.train
    _, targets = training.loader.batch(ids, 0, 0, 0)
    assert np.array_equal(targets.argmax(1).numpy(), training.split.labels[ids])
    assert (targets.argmax(1).numpy() != training.dataset.labels[ids]).any()


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
