"""Images and labels in memory, taken by the batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

EVALUATED = 256
"""Images that go through the model at a time where nothing is learned; the core's number."""


Batch = tuple[Tensor, Tensor]
"""Images (batch, 3, H, W), and labels (batch,) or targets (batch, classes)."""


class Examples(Dataset[Batch]):
    """Images and labels in memory, taken by the batch.

    Args:
        images: (n, 3, H, W), of any type.
        labels: (n,) int64.
        channels_last: whether batches of images lie channels last; they are kept so, and each batch is one gather.
    """

    def __init__(self, images: Tensor, labels: Tensor, channels_last: bool) -> None:
        self._kept = images.permute(0, 2, 3, 1).contiguous() if channels_last else images.contiguous()
        self.labels, self._channels_last = labels, channels_last

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Tensor | slice) -> Batch:
        """A batch of images (batch, 3, H, W) and labels (batch,)."""
        images = self._kept[places]
        return (images.permute(0, 3, 1, 2) if self._channels_last else images), self.labels[places]

    def __getitems__(self, places: Tensor | slice) -> Batch:
        """The same, under the name by which torch's loaders ask for a batch at once."""
        return self[places]


def loader(examples: Examples, batches: Sampler[Tensor] | Sampler[slice]) -> DataLoader[Batch]:
    """Torch's loader of examples in memory: a gather for each batch that a sampler names.

    It asks for a batch at once (``__getitems__``), and its ``collate_fn`` has nothing left to do; processes to load
    from would only cost time. Source: torch's documentation, ``torch.utils.data``.
    """
    return DataLoader(examples, batch_sampler=batches, collate_fn=_as_it_is)  # type: ignore[arg-type]


def _as_it_is(batch: Batch) -> Batch:
    return batch


class Slices(Sampler[slice]):
    """All examples in their order, a batch at a time."""

    def __init__(self, examples: int) -> None:
        self._starts = range(0, examples, EVALUATED)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[slice]:
        return (slice(start, start + EVALUATED) for start in self._starts)


def accuracy(model: nn.Module, examples: Examples) -> float:
    """The share of examples whose largest output is the label's; a model in evaluation mode."""
    right = torch.zeros((), device=examples.labels.device)
    with torch.inference_mode():
        for part in Slices(len(examples)):
            images, labels = examples[part]
            right += (model(images).argmax(1) == labels).sum()
    return right.item() / len(examples)
