"""Images and labels in memory, their loaders, and the small modules around a model that several trainers need."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from ablation.core.device import autocast
from ablation.recipe.train import TrainSettings

EVALUATED = 256
"""Batch size of evaluation; the same as the core's."""

LabelledBatch = tuple[Tensor, Tensor]
"""Images (batch, 3, H, W), and labels (batch,) or targets (batch, classes)."""


class InMemoryExamples(Dataset[LabelledBatch]):
    """Images and labels in memory, taken by the batch.

    Args:
        images: (n, 3, H, W), of any type.
        labels: (n,) int64.
        channels_last: whether images are stored, and returned, in the channels-last memory format.
    """

    def __init__(self, images: Tensor, labels: Tensor, channels_last: bool) -> None:
        self._kept = images.permute(0, 2, 3, 1).contiguous() if channels_last else images.contiguous()
        self.labels, self._channels_last = labels, channels_last

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Tensor | slice) -> LabelledBatch:
        """A batch of images (batch, 3, H, W) and labels (batch,)."""
        images = self._kept[places]
        return (images.permute(0, 3, 1, 2) if self._channels_last else images), self.labels[places]

    __getitems__ = __getitem__
    """The name that torch's loaders call for a whole batch."""


def loader(examples: InMemoryExamples, batches: Sampler[Tensor] | Sampler[slice]) -> DataLoader[LabelledBatch]:
    """Torch's loader of examples in memory: one gather for each batch of a sampler.

    It loads a batch at once (``__getitems__``), so its ``collate_fn`` returns the batch unchanged; worker processes
    would only cost time. Source: torch's documentation, ``torch.utils.data``.
    """
    return DataLoader(examples, batch_sampler=batches, collate_fn=_unchanged)  # type: ignore[arg-type]


def _unchanged(batch: LabelledBatch) -> LabelledBatch:
    return batch


class Slices(Sampler[slice]):
    """Samples all examples in order, as slices of one batch each."""

    def __init__(self, examples: int) -> None:
        self._starts = range(0, examples, EVALUATED)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[slice]:
        return (slice(start, start + EVALUATED) for start in self._starts)


def accuracy(model: nn.Module, examples: InMemoryExamples) -> float:
    """Accuracy in [0, 1] of a model in evaluation mode."""
    correct = torch.zeros((), device=examples.labels.device)
    with torch.inference_mode():
        for part in Slices(len(examples)):
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
