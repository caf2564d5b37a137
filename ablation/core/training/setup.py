"""The setup of a training under one recipe: data, batches, loss and the order of the examples."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ablation.core.input.batch_loader import BatchLoader, cut_into_steps
from ablation.core.input.pixels import Pixels
from ablation.core.network import network_of
from ablation.core.prediction import probabilities, ready
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import WorkTimer
from ablation.core.training.ema import moving_average
from ablation.core.training.frozen_features import Features, features_of, gives_fixed_features
from ablation.core.training.state import TrainState
from ablation.metrics.metric import ClassProbabilities
from ablation.recipe.balance import class_weights, draw_order, sampling_weights
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.pool import Ids
from ablation.recipe.data.split import Split
from ablation.recipe.inference import InferenceSettings, Predictor
from ablation.recipe.model import Classifier
from ablation.recipe.phased import History, span


@dataclass(frozen=True)
class Training:
    """A part of a training under one recipe, in which only the state changes.

    Args:
        task: with the current recipe, without phases.
        span: first epoch of the schedule, and the epoch after its last.
        loss: of each example.
        draw_weights: sampling weights of the training examples; None where each comes once an epoch.
        features: of a frozen backbone, where they are the same in every epoch.
    """

    task: Task
    span: tuple[int, int]
    dataset: Dataset
    split: Split
    pixels: Pixels
    loader: BatchLoader
    loss: nn.Module
    draw_weights: NDArray[np.float64] | None
    timer: WorkTimer
    features: Features | None = None

    @classmethod
    def prepare(
        cls, task: Task, history: History, datasets: Path, helpers: int = 0, before: Training | None = None
    ) -> Training:
        """The setup of the epoch after ``history``.

        Args:
            task: with its phases.
            helpers: number of processes that may make batches.
            before: the setup until now; its timer continues, and its images are used again if they are the same.
        """
        timer = before.timer if before else WorkTimer(task.device)
        now = task.at(history)
        dataset, split = now.data(datasets)
        recipe, labels = now.recipe, split.labels[split.train]
        same_images = before is not None and before.dataset.fingerprint == dataset.fingerprint
        pixels = before.pixels if before and same_images else Pixels.of(dataset.images, task.device)
        weights = class_weights(recipe.balance, np.bincount(labels, minlength=len(split.classes)))
        loss = recipe.loss.build(torch.as_tensor(weights, dtype=torch.float32)).to(task.device)
        return cls(
            task=now,
            span=(0, task.epochs) if recipe.schedule.span == "all" else span(task.recipe, history),
            dataset=dataset,
            split=split,
            pixels=pixels,
            loader=BatchLoader.of(now, pixels, split, timer, helpers),
            loss=loss,
            draw_weights=sampling_weights(recipe.balance, labels),
            timer=timer,
        )

    def with_features(self, model: Classifier, before: Training | None = None) -> Training:
        """This training with the features of ``model``'s frozen backbone, if the recipe gives fixed ones.

        Those of ``before``, the setup until now, are used again if its images are the same.
        """
        if not gives_fixed_features(self.task.recipe):
            return self
        if before and before.features and before.dataset.fingerprint == self.dataset.fingerprint:
            return dataclasses.replace(self, features=before.features)
        ids = np.union1d(self.split.train, self.split.val)
        features = features_of(model, self.loader.normalise, self.pixels, ids, self.task.recipe.train)
        self.timer.mark("features")
        return dataclasses.replace(self, features=features)

    def steps_of(self, epoch: int) -> list[list[Ids]]:
        """Ids of the examples of each optimizer step of an epoch, batch by batch."""
        settings, ids = self.task.recipe.train, self.split.train
        order = draw_order(self.draw_weights, len(ids), self.task.streams.generator("order", epoch))
        return cut_into_steps(ids[order], settings.batch_size, settings.accumulate)

    def announce(self, steps: Sequence[Sequence[Ids]], epoch: int) -> None:
        """Announce the batches of an epoch, so that they can be prefetched."""
        if self.features is None:
            self.loader.augmenter.announce([ids for step in steps for ids in step], epoch)

    def batch(self, ids: Ids, epoch: int, step: int, part: int) -> tuple[Tensor, Tensor]:
        """The input of ``network``, and the targets (batch, classes)."""
        if self.features is None:
            return self.loader.batch(ids, epoch, step, part)
        features, targets = self.features.of(ids), self.loader.target(ids)
        self.timer.mark("data")
        return features, targets

    def network(self, model: Classifier) -> nn.Module:
        """The part of the model that a batch passes through: the head where there are features, else all of it."""
        return model if self.features is None else model.head

    def for_evaluation(self, model: Classifier) -> Classifier:
        """A copy of the model in the layout that predicts fastest; with features, the model itself."""
        return model if self.features is not None else ready(copy.deepcopy(model), self.task.device)

    def predicted(self, model: Classifier, ids: Ids) -> ClassProbabilities:
        """Class probabilities (images, classes) of the images ``ids``, without augmentation and test-time views."""
        if self.features is not None:
            return self.features.probabilities(model.head, ids)
        plain = InferenceSettings()  # training does not depend on the recipe's own
        predictor = Predictor.of(model, self.task.recipe.data, plain).to(self.task.device)
        return probabilities(predictor, self.pixels, ids, plain.batch_size)

    def fresh(self) -> TrainState:
        """The state before the first step."""
        recipe, device = self.task.recipe, self.task.device
        with drawing(self.task.streams.number("init"), device):
            model = network_of(recipe, len(self.split.classes), self.task.folder)
        layout = torch.channels_last if recipe.train.memory_format == "channels_last" else torch.contiguous_format
        model = model.to(device, memory_format=layout)  # type: ignore[call-overload]
        if recipe.train.compile:
            torch.compiler.reset()  # earlier compilations in this process must not influence this one
            for module in (model, model.head):  # on features the head is called alone
                module.compile(dynamic=False)
        optimizer = recipe.optimizer.for_model(model, device)
        first, last = self.span
        return TrainState(
            model=model,
            average=moving_average(model, recipe.train.ema),
            optimizer=optimizer,
            schedule=recipe.schedule.build(optimizer, last - first, len(self.steps_of(first))),
            scaler=torch.amp.GradScaler(device.type, enabled=recipe.train.precision == "fp16"),
            best=None,
            time={},
            history=[],
        )

    def shell(self) -> TrainState:
        """A state to load a saved one into; pretrained weights are not read."""
        return dataclasses.replace(self, task=self.task.with_random_weights()).fresh()
