"""What every contestant trains with: images in memory, the initial model, and the order of the examples."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler

from ablation.bench.examples import InMemoryExamples, LabelledBatch, MeanLoss, Slices, accuracy, loader
from ablation.bench.job import Job
from ablation.core.input.batches import cut_into_steps
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.recipe.balance import class_weights, draw_order, sampling_weights
from ablation.recipe.data.pool import Ids
from ablation.recipe.inference import Normalise, Predictor
from ablation.recipe.model import Classifier, build_model
from ablation.recipe.recipe import Recipe


@dataclass(frozen=True)
class Material:
    """The data of a job, and the components that its recipe builds on its device.

    Args:
        pixels: of the whole data set, (n, H, W, 3) uint8, memory-mapped.
        labels: of the whole data set, (n,) int64.
        train, val, predicted: positions of the images to train on, to validate on and to predict.
        classes: their number.
    """

    task: Task
    pixels: NDArray[np.uint8]
    labels: Ids
    train: Ids
    val: Ids
    predicted: Ids
    classes: int

    @classmethod
    def of(cls, job: Job) -> Material:
        """Load the data of a job; also sets torch's number of threads to the job's."""
        torch.set_num_threads(job.threads)
        task = Task.from_json(job.task)
        dataset, split = task.data(Path(job.datasets))
        predicted = getattr(split, job.split) if job.split else split.test[:0]
        return cls(task, dataset.images, split.labels, split.train, split.val, predicted, len(split.classes))

    @property
    def recipe(self) -> Recipe:
        return self.task.recipe

    @property
    def images_trained(self) -> int:
        """Number of training images over all epochs."""
        return self.recipe.train.epochs * len(self.train)

    @functools.cached_property
    def steps_per_epoch(self) -> int:
        return len(self.order(0))

    def raw(self, ids: Ids) -> InMemoryExamples:
        """Images as uint8, on the device."""
        device = self.task.device
        images = torch.from_numpy(self.pixels[ids]).permute(0, 3, 1, 2).to(device)
        return InMemoryExamples(images, torch.from_numpy(self.labels[ids]).to(device), self._channels_last)

    def normal(self, ids: Ids) -> InMemoryExamples:
        """Images as the model's input, normalised, on the device."""
        images, labels = self.raw(ids)[:]
        return InMemoryExamples(self.normalise(images), labels, self._channels_last)

    @property
    def normalise(self) -> Normalise:
        data = self.recipe.data
        return Normalise(data.mean, data.std).to(self.task.device)

    def model(self) -> Classifier:
        """The recipe's model with the replicate's initial weights, in training mode."""
        recipe, device = self.recipe, self.task.device
        with drawing(self.task.streams.number("init"), device):
            model = build_model(recipe.model, self.classes, recipe.data.image_size, self.task.folder)
        layout = torch.channels_last if self._channels_last else torch.contiguous_format
        placed: Classifier = model.to(device, memory_format=layout)  # type: ignore[call-overload]
        return placed

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        """The recipe's optimizer, fused."""
        return self.recipe.optimizer.for_model(model, self.task.device)

    def schedule(self, optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        """The recipe's schedule, to be stepped after each step of the optimizer."""
        return self.recipe.schedule.build(optimizer, self.recipe.train.epochs, self.steps_per_epoch)

    def loss(self) -> nn.Module:
        """The recipe's loss as the mean over a batch."""
        counts = np.bincount(self.labels[self.train], minlength=self.classes)
        weights = torch.as_tensor(class_weights(self.recipe.balance, counts), dtype=torch.float32)
        return MeanLoss(self.recipe.loss.build(weights)).to(self.task.device)

    def order(self, epoch: int) -> list[Tensor]:
        """Positions among the training images of each batch of an epoch, the same as the core's."""
        weights = sampling_weights(self.recipe.balance, self.labels[self.train])
        drawn = draw_order(weights, len(self.train), self.task.streams.generator("order", epoch))
        batches = itertools.chain.from_iterable(cut_into_steps(drawn, self.recipe.train.batch_size, 1))
        return [torch.from_numpy(batch) for batch in batches]

    def loaders(self) -> tuple[DataLoader[LabelledBatch], DataLoader[LabelledBatch]]:
        """Torch's loaders of training and validation batches."""
        train, val = self.normal(self.train), self.normal(self.val)
        return loader(train, Ordered(self)), loader(val, Slices(len(val)))

    def test_accuracy(self, model: nn.Module) -> float | None:
        """Accuracy on the images to predict, with the recipe's test-time views; None if there are none."""
        if not len(self.predicted):
            return None
        predictor = Predictor.of(model, self.recipe.data, self.recipe.inference).to(self.task.device)
        return accuracy(predictor.eval(), self.raw(self.predicted))

    @property
    def _channels_last(self) -> bool:
        return self.recipe.train.memory_format == "channels_last"


class Ordered(Sampler[Tensor]):
    """Samples the batches of the next epoch in each iteration."""

    def __init__(self, material: Material) -> None:
        self._material, self._epochs = material, itertools.count()

    def __len__(self) -> int:
        return self._material.steps_per_epoch

    def __iter__(self) -> Iterator[Tensor]:
        # counted at the first batch, as some trainers create an iterator without using it
        yield from self._material.order(next(self._epochs))
