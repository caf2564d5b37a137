"""What every contestant trains with: images in memory, the initial model, and the order of the examples."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler

from ablation.bench.job import Job
from ablation.core.device import autocast
from ablation.core.input.batches import cut_into_steps
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.recipe.balance import class_weights, draw_order, sampling_weights
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.pool import Ids
from ablation.recipe.data.split import Split
from ablation.recipe.inference import Normalise, Predictor
from ablation.recipe.model import Classifier, build_model
from ablation.recipe.recipe import Recipe
from ablation.recipe.train import TrainSettings


@dataclass(frozen=True)
class Material:
    """The data of a job, ``predicted`` the ids to predict, and the components that its recipe builds on its device."""

    task: Task
    dataset: Dataset
    split: Split
    predicted: Ids

    @classmethod
    def of(cls, job: Job) -> Material:
        """Load the data of a job; also sets torch's number of threads to the job's."""
        torch.set_num_threads(job.threads)
        task = Task.from_json(job.task)
        dataset, split = task.data(Path(job.datasets))
        return cls(task, dataset, split, getattr(split, job.split) if job.split else split.test[:0])

    @property
    def recipe(self) -> Recipe:
        return self.task.recipe

    @property
    def classes(self) -> int:
        return len(self.split.classes)

    @property
    def images_trained(self) -> int:
        """Number of training images over all epochs."""
        return self.recipe.train.epochs * len(self.split.train)

    @functools.cached_property
    def steps_per_epoch(self) -> int:
        return len(self.order(0))

    def raw(self, ids: Ids) -> InMemoryExamples:
        """Images as uint8, on the device."""
        device = self.task.device
        images = torch.from_numpy(self.dataset.images[ids]).permute(0, 3, 1, 2).to(device, memory_format=self._layout)
        return InMemoryExamples(images, torch.from_numpy(self.split.labels[ids]).to(device))

    def normal(self, ids: Ids) -> InMemoryExamples:
        """Images as the model's input, normalised, on the device."""
        raw = self.raw(ids)
        return InMemoryExamples(self.normalise(raw.images).contiguous(memory_format=self._layout), raw.labels)

    @property
    def normalise(self) -> Normalise:
        data = self.recipe.data
        return Normalise(data.mean, data.std).to(self.task.device)

    def model(self) -> Classifier:
        """The recipe's model with the replicate's initial weights, in training mode."""
        recipe, device = self.recipe, self.task.device
        with drawing(self.task.streams.number("init"), device):
            model = build_model(recipe.model, self.classes, recipe.data.image_size, self.task.folder)
        placed: Classifier = model.to(device, memory_format=self._layout)  # type: ignore[call-overload]
        return placed

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        """The recipe's optimizer, fused."""
        return self.recipe.optimizer.for_model(model, self.task.device)

    def schedule(self, optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        """The recipe's schedule, to be stepped after each step of the optimizer."""
        return self.recipe.schedule.build(optimizer, self.recipe.train.epochs, self.steps_per_epoch)

    def loss(self) -> nn.Module:
        """The recipe's loss as the mean over a batch."""
        counts = np.bincount(self.split.labels[self.split.train], minlength=self.classes)
        weights = torch.as_tensor(class_weights(self.recipe.balance, counts), dtype=torch.float32)
        return MeanLoss(self.recipe.loss.build(weights)).to(self.task.device)

    def order(self, epoch: int) -> list[Tensor]:
        """Positions among the training images of each batch of an epoch, the same as the core's."""
        weights = sampling_weights(self.recipe.balance, self.split.labels[self.split.train])
        drawn = draw_order(weights, len(self.split.train), self.task.streams.generator("order", epoch))
        batches = itertools.chain.from_iterable(cut_into_steps(drawn, self.recipe.train.batch_size, 1))
        return [torch.from_numpy(batch) for batch in batches]

    def loaders(self) -> tuple[DataLoader[LabelledBatch], DataLoader[LabelledBatch]]:
        """Torch's loaders of training and validation batches."""
        train, val = self.normal(self.split.train), self.normal(self.split.val)
        return loader(train, Ordered(self)), loader(val, slices(len(val)))

    def test_accuracy(self, model: nn.Module) -> float | None:
        """Accuracy on the images to predict, with the recipe's test-time views; None if there are none."""
        if not len(self.predicted):
            return None
        predictor = Predictor.of(model, self.recipe.data, self.recipe.inference).to(self.task.device)
        return accuracy(predictor.eval(), self.raw(self.predicted))

    @property
    def _layout(self) -> torch.memory_format:
        return torch.channels_last if self.recipe.train.memory_format == "channels_last" else torch.contiguous_format


class Ordered(Sampler[Tensor]):
    """Samples the batches of the next epoch in each iteration."""

    def __init__(self, material: Material) -> None:
        self._material, self._epochs = material, itertools.count()

    def __len__(self) -> int:
        return self._material.steps_per_epoch

    def __iter__(self) -> Iterator[Tensor]:
        # counted at the first batch, as some trainers create an iterator without using it
        yield from self._material.order(next(self._epochs))


EVALUATED = 256
"""Batch size of evaluation; the same as the core's."""

LabelledBatch = tuple[Tensor, Tensor]
"""Images (batch, 3, H, W), and labels (batch,) or targets (batch, classes)."""


@dataclass(frozen=True, eq=False)
class InMemoryExamples(torch.utils.data.Dataset[LabelledBatch]):
    """Images (n, 3, H, W) of any type and labels (n,) int64 in memory, taken by the batch in their memory format."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Tensor | slice) -> LabelledBatch:
        return self.images[places], self.labels[places]

    __getitems__ = __getitem__
    """The name that torch's loaders call for a whole batch."""


def loader(examples: InMemoryExamples, batches: Iterable[Tensor] | Iterable[slice]) -> DataLoader[LabelledBatch]:
    """Torch's loader of examples in memory: one gather for each of the batches.

    It loads a batch at once (``__getitems__``), so its ``collate_fn`` returns the batch unchanged; worker processes
    would only cost time. Source: torch's documentation, ``torch.utils.data``.
    """
    return DataLoader(examples, batch_sampler=batches, collate_fn=_unchanged)  # type: ignore[arg-type]


def _unchanged(batch: LabelledBatch) -> LabelledBatch:
    return batch


def slices(examples: int) -> list[slice]:
    """All examples in order, as slices of one batch each."""
    return [slice(start, start + EVALUATED) for start in range(0, examples, EVALUATED)]


def accuracy(model: nn.Module, examples: InMemoryExamples) -> float:
    """Accuracy in [0, 1] of a model in evaluation mode."""
    correct = torch.zeros((), device=examples.labels.device)
    with torch.inference_mode():
        for part in slices(len(examples)):
            images, labels = examples[part]
            correct += (model(images).argmax(1) == labels).sum()
    return correct.item() / len(examples)


class MeanLoss(nn.Module):
    """The mean of a loss over a batch: from logits (batch, classes) and labels (batch,) to a scalar."""

    def __init__(self, losses: nn.Module) -> None:
        super().__init__()
        self.losses = losses

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        losses: Tensor = self.losses(logits, labels)
        return losses.mean()


class Autocast(nn.Module):
    """A model whose forward pass has the recipe's precision, for trainers without mixed precision on every device."""

    def __init__(self, model: nn.Module, settings: TrainSettings, device: torch.device) -> None:
        super().__init__()
        self.model, self._settings, self._device = model, settings, device

    def forward(self, images: Tensor) -> Tensor:
        with autocast(self._settings, self._device):
            logits: Tensor = self.model(images)
        return logits.float()  # some trainers convert to NumPy, which has no bfloat16
