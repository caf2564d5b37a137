from __future__ import annotations

import numpy as np
from bench import Bench, same_weights

from ablation.core.task import Task
from ablation.core.training.setup import Training

PHASES = {"smoother": {"start": 1, "patch": {"loss": {"label_smoothing": 0.1}}}}
NOISY = {"data": {"label_noise": 0.3}}


def training_of(bench: Bench, member: int) -> Training:
    return Training.prepare(Task.from_json(bench.task(member=member)), (), bench.datasets)


def test_members_begin_and_go_through_the_same_split_differently(bench: Bench) -> None:
    one, other = (training_of(bench, member) for member in (0, 1))
    assert one.split.digest == other.split.digest
    assert not same_weights(one.fresh().model.state_dict(), other.fresh().model.state_dict())
    ours, theirs = (np.concatenate([ids for step in each.steps_of(0) for ids in step]) for each in (one, other))
    assert sorted(ours) == sorted(theirs)
    assert ours.tolist() != theirs.tolist()


def test_the_loss_is_charged_with_the_noisy_labels(bench: Bench) -> None:
    training = bench.training(NOISY)
    ids = training.split.train
    _, targets = training.loader.batch(ids, 0, 0, 0)
    assert np.array_equal(targets.argmax(1).numpy(), training.split.labels[ids])
    assert (targets.argmax(1).numpy() != training.dataset.labels[ids]).any()


def test_a_phase_at_the_same_size_uses_the_images_and_the_timer_again(bench: Bench) -> None:
    task = Task.from_json(bench.task({"phases": PHASES}))
    first = Training.prepare(task, (), bench.datasets)
    second = Training.prepare(task, [{"epoch": 1, "train/loss": 1.0}], bench.datasets, before=first)
    assert second.task.recipe.loss != first.task.recipe.loss
    assert second.pixels is first.pixels
    assert second.timer is first.timer


def test_every_training_example_comes_once_an_epoch(bench: Bench) -> None:
    training = bench.training()
    epochs = [np.concatenate([ids for step in training.steps_of(epoch) for ids in step]) for epoch in (0, 1)]
    assert all(np.array_equal(np.sort(ids), np.sort(training.split.train)) for ids in epochs)
    assert not np.array_equal(*epochs)


def test_evaluation_uses_a_copy_that_leaves_the_training_model_alone(bench: Bench) -> None:
    training = bench.training()
    model = training.fresh().model.train()
    copied = training.for_evaluation(model)
    assert (copied.training, model.training) == (False, True)
    assert copied is not model
    assert same_weights(copied.state_dict(), model.state_dict())
