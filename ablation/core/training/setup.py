"""What stays the same while one recipe holds: data, feed, loss and the order of the examples."""

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

from ablation.core.input.batch_loader import Feed
from ablation.core.input.batches import Ids, steps
from ablation.core.input.pixels import Pixels
from ablation.core.model.network import network_of
from ablation.core.prediction.predict import Probabilities, probabilities, ready
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import Clock
from ablation.core.training.ema import moving_average
from ablation.core.training.frozen_features import Features, features_of, gives_fixed_features
from ablation.core.training.state import TrainState
from ablation.recipe.balance import class_weights, draw_order, sampling_weights
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.split import Split
from ablation.recipe.inference import InferenceSettings, Predictor
from ablation.recipe.model import Classifier
from ablation.recipe.phased import History, span


@dataclass(frozen=True)
class Training:
    """A part of a training in which nothing but the state changes.

    Args:
        task: with the recipe that holds, without phases.
        span: first epoch that the schedule runs over, and the one after the last.
        dataset, split: at the recipe's image size.
        pixels: the images, where batches are gathered from.
        feed: makes its batches.
        loss: of each example.
        draw_weights: of the training examples; None where each comes once an epoch.
        clock: told of where the time goes.
        features: of a frozen backbone, where they are the same in every epoch.
    """

    task: Task
    span: tuple[int, int]
    dataset: Dataset
    split: Split
    pixels: Pixels
    feed: Feed
    loss: nn.Module
    draw_weights: NDArray[np.float64] | None
    clock: Clock
    features: Features | None = None

    @classmethod
    def prepare(
        cls, task: Task, history: History, datasets: Path, helpers: int = 0, before: Training | None = None
    ) -> Training:
        """What holds in the epoch after these, of a task with its phases.

        Args:
            helpers: processes that may make batches beside it.
            before: what held until now, whose clock goes on and whose images may be the same.
        """
        clock = before.clock if before else Clock(task.device)
        first, last = span(task.recipe, history)
        now = task.at(history)
        dataset, split = now.data(datasets)
        recipe, labels = now.recipe, split.labels[split.train]
        same_images = before is not None and before.dataset.fingerprint == dataset.fingerprint
        pixels = before.pixels if before and same_images else Pixels.of(dataset.images, task.device)
        weights = class_weights(recipe.balance, np.bincount(labels, minlength=len(split.classes)))
        loss = recipe.loss.build(torch.as_tensor(weights, dtype=torch.float32)).to(task.device)
        return cls(
            task=now,
            span=(0, task.epochs) if recipe.schedule.span == "all" else (first, last),
            dataset=dataset,
            split=split,
            pixels=pixels,
            feed=Feed.of(now, pixels, split, clock, helpers),
            loss=loss,
            draw_weights=sampling_weights(recipe.balance, labels),
            clock=clock,
        )

    def with_features(self, model: Classifier, before: Training | None = None) -> Training:
        """This training with the features of a frozen backbone, where no augmentation changes them.

        Args:
            model: of this training.
            before: the one that this goes on from; its features still hold if the images have the same size.
        """
        if not gives_fixed_features(self.task.recipe):
            return self
        if (
            before is not None
            and before.features is not None
            and before.dataset.fingerprint == self.dataset.fingerprint
        ):
            return dataclasses.replace(self, features=before.features)
        ids = np.union1d(self.split.train, self.split.val)
        features = features_of(model, self.feed.normalise, self.pixels, ids, self.task.recipe.train)
        self.clock.mark("features")
        return dataclasses.replace(self, features=features)

    def steps_of(self, epoch: int) -> list[list[Ids]]:
        """The examples of each optimizer step of an epoch, batch by batch."""
        settings, ids = self.task.recipe.train, self.split.train
        order = draw_order(self.draw_weights, len(ids), self.task.streams.generator("order", epoch))
        return steps(ids[order], settings.batch_size, settings.accumulate)

    def announce(self, steps: Sequence[Sequence[Ids]], epoch: int) -> None:
        """Say which batches an epoch will ask for, so that they can be made ahead."""
        if self.features is None:
            self.feed.augmented.announce([ids for step in steps for ids in step], epoch)

    def batch(self, ids: Ids, epoch: int, step: int, part: int) -> tuple[Tensor, Tensor]:
        """What ``network`` takes, and the targets (batch, classes)."""
        if self.features is None:
            return self.feed.batch(ids, epoch, step, part)
        given = self.features.of(ids), self.feed.target(ids)
        self.clock.mark("data")
        return given

    def network(self, model: Classifier) -> nn.Module:
        """The part of the model that a batch goes through."""
        return model if self.features is None else model.head

    def evaluated(self, model: Classifier) -> Classifier:
        """The model as it predicts fastest, a copy; where only its head looks at features, the model itself."""
        return model if self.features is not None else ready(copy.deepcopy(model), self.task.device)

    def predicted(self, model: Classifier, ids: Ids) -> Probabilities:
        """Probabilities (images, classes) of images as they are, without test-time views."""
        if self.features is not None:
            return self.features.probabilities(model.head, ids)
        plain = InferenceSettings()  # the recipe's own is no part of a training
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
            torch.compiler.reset()  # what an earlier training in this process compiled must not decide about this one
            for module in (model, model.head):  # the head alone is trained on a frozen backbone's features
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
        """A state to be filled from another one: its starting weights do not matter and are not read."""
        return dataclasses.replace(self, task=self.task.with_random_weights()).fresh()
