"""The common training loop, for CPU and CUDA."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ablation.core import metrics
from ablation.core.batches import Ids, steps
from ablation.core.checkpoint import Checkpoint, TrainState
from ablation.core.device import autocast, configured
from ablation.core.feed import Feed
from ablation.core.predict import probabilities
from ablation.core.stage import Progress, Workspace
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.recipe.balance import class_weights, draw_order, sampling_weights
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.split import Split
from ablation.recipe.inference import InferenceSettings, Predictor
from ablation.recipe.model import build_model


@dataclass(frozen=True)
class Training:
    """What stays the same during a training: the task, its data and the modules without weights of their own."""

    task: Task
    dataset: Dataset
    division: Split
    feed: Feed
    loss: nn.Module
    draw_weights: NDArray[np.float64] | None

    @classmethod
    def prepare(cls, task: Task, dataset: Dataset, division: Split) -> Training:
        balance, labels = task.recipe.balance, division.labels[division.train]
        weights = class_weights(balance, np.bincount(labels, minlength=len(division.classes)))
        loss = task.recipe.loss.build(torch.as_tensor(weights, dtype=torch.float32)).to(task.device)
        return cls(task, dataset, division, Feed.of(task, dataset, division), loss, sampling_weights(balance, labels))

    def steps_of(self, epoch: int) -> list[list[Ids]]:
        """The examples of each optimizer step of an epoch, batch by batch."""
        settings, ids = self.task.recipe.train, self.division.train
        order = draw_order(self.draw_weights, len(ids), self.task.streams.generator("order", epoch))
        return steps(ids[order], settings.batch_size, settings.accumulate)

    def fresh(self) -> TrainState:
        """The state before the first step."""
        recipe, device = self.task.recipe, self.task.device
        with drawing(self.task.streams.number("init"), device):
            model = build_model(recipe.model, len(self.division.classes), recipe.data.image_size, self.task.folder)
        layout = torch.channels_last if recipe.train.memory_format == "channels_last" else torch.contiguous_format
        model = model.to(device, memory_format=layout)  # type: ignore[call-overload]
        optimizer = recipe.optimizer.build(model.parameters(), device)
        schedule = recipe.schedule.build(optimizer, recipe.train.epochs, len(self.steps_of(0)))
        scaler = torch.amp.GradScaler(device.type, enabled=recipe.train.precision == "fp16")
        return TrainState(model, optimizer, schedule, scaler, epoch=0, seconds=0.0, history=[])


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Args:
        model: with the weights of the last epoch.
        history: one record of metrics an epoch.
        seconds: spent in training epochs over all attempts, validation excluded.
        images: training images processed.
        diverged: whether the loss left the finite numbers; the training then ended with that epoch.
    """

    model: nn.Module
    history: list[dict[str, float]]
    seconds: float
    images: int
    diverged: bool


def train(task: Task, workspace: Workspace, progress: Progress) -> Trained:
    """Train to the recipe's last epoch, from the last checkpoint if there is one."""
    settings = task.recipe.train
    checkpoint = Checkpoint(workspace.scratch, workspace.checkpoint_seconds)
    dataset, division = task.data(workspace.datasets)
    with configured(settings):
        training = Training.prepare(task, dataset, division)
        state = training.fresh()
        checkpoint.resume(state)
        while state.epoch < settings.epochs and not _diverged(state.history):
            started = time.perf_counter()
            record = train_epoch(training, state)
            state.seconds += time.perf_counter() - started
            state.history.append(record | validate(training, state.model))
            state.epoch += 1
            progress(state.epoch, state.history[-1])
            checkpoint.save_if_due(state)
    return Trained(
        model=state.model,
        history=state.history,
        seconds=state.seconds,
        images=state.epoch * len(division.train),
        diverged=_diverged(state.history),
    )


def train_epoch(training: Training, state: TrainState) -> dict[str, float]:
    """One pass over the training set; the loss and accuracy are those of the images as trained on."""
    task, lr = training.task, state.optimizer.param_groups[0]["lr"]
    sums, seen = torch.zeros(2, device=task.device), 0
    state.model.train()
    with drawing(task.streams.number("dropout", state.epoch), task.device):
        for number, step in enumerate(training.steps_of(state.epoch)):
            sums += train_step(training, state, number, step)
            seen += sum(map(len, step))
    loss, accuracy = (sums / seen).tolist()
    return {"epoch": state.epoch + 1, "lr": lr, "train/loss": loss, "train/accuracy": accuracy}


def train_step(training: Training, state: TrainState, number: int, step: list[Ids]) -> Tensor:
    """One optimizer step over its batches; gives the sum of the losses and the number of right answers, shape (2,)."""
    task, size = training.task, sum(map(len, step))
    sums = torch.zeros(2, device=task.device)
    for part, ids in enumerate(step):
        images, target = training.feed.batch(ids, state.epoch, number, part)
        with autocast(task.recipe.train, task.device):
            logits = state.model(images)  # (batch, classes)
        losses: Tensor = training.loss(logits, target)  # (batch,)
        state.scaler.scale(losses.sum() / size).backward()  # type: ignore[no-untyped-call]
        right = logits.detach().argmax(1) == target.argmax(1)
        sums += torch.stack([losses.detach().sum(), right.sum()])
    _update(state, task.recipe.train.clip_norm)
    return sums


def _update(state: TrainState, clip_norm: float | None) -> None:
    """One optimizer step from the gathered gradients, and one step of the schedule."""
    if clip_norm is not None:
        state.scaler.unscale_(state.optimizer)
        nn.utils.clip_grad_norm_(state.model.parameters(), clip_norm)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.optimizer.zero_grad(set_to_none=True)
    state.schedule.step()


def validate(training: Training, model: nn.Module) -> dict[str, float]:
    """Metrics on the validation images, as they are and without test-time views."""
    recipe, division, device = training.task.recipe, training.division, training.task.device
    plain = InferenceSettings()  # the recipe's own is no part of a training
    predictor = Predictor.of(model, recipe.data, plain).to(device)
    found = probabilities(predictor, training.dataset, division.val, device, plain.batch_size)
    names = ("accuracy", "balanced_accuracy", "log_loss")
    measured = metrics.evaluate(names, found, division.labels[division.val])
    return {"val/loss" if name == "log_loss" else f"val/{name}": value for name, value in measured.items()}


def _diverged(history: list[dict[str, float]]) -> bool:
    return bool(history) and not math.isfinite(history[-1]["train/loss"])
