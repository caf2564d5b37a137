"""What a training sees: some of its images as they are, augmented in several epochs, and mixed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ablation.core.input.batches import Ids
from ablation.core.task import Task
from ablation.core.training.setup import Training
from ablation.recipe.data.split import Split

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """Some training images and what becomes of them.

    Args:
        images: as they are, (n, side, side, 3).
        changed: augmented in each epoch, (n, epochs, side, side, 3).
        labels: names of their classes, n of them.
        mixed: augmented and mixed in the first epochs, (n, mixtures, side, side, 3); None where nothing is mixed.
        shares: what each mixture's target is made of, ``0.7 cat + 0.3 dog``, n rows.
    """

    images: Images
    changed: Images
    labels: tuple[str, ...]
    mixed: Images | None
    shares: tuple[tuple[str, ...], ...]


def sample(task: Task, datasets: Path, count: int, epochs: int, mixtures: int = 2) -> Sample:
    """A sample of a training as its recipe holds in its last phase.

    Args:
        task: of a training.
        count: images, of all classes in turn, >= 2.
        epochs: versions of each, >= 1.
        mixtures: of each, where the recipe mixes, >= 1.
    """
    training = Training.prepare(task.in_last_phase(), (), datasets)
    split, feed = training.split, training.feed
    ids = _in_turn(split, count)
    changed = [feed.augmented.batch(ids, epoch).permute(0, 2, 3, 1).numpy() for epoch in range(epochs)]
    mixed = None if training.task.recipe.mix.changes_nothing else [_mixed(training, ids, n) for n in range(mixtures)]
    return Sample(
        images=np.array(training.dataset.images[ids]),
        changed=np.stack(changed, axis=1),
        labels=tuple(split.classes[label] for label in split.labels[ids]),
        mixed=None if mixed is None else np.stack([images for images, _ in mixed], axis=1),
        shares=() if mixed is None else tuple(zip(*(texts for _, texts in mixed), strict=True)),
    )


def _in_turn(split: Split, count: int) -> Ids:
    """Training images of the first class, the second and so on, and again."""
    labels = split.labels[split.train]
    ranks = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        ranks[labels == label] = np.arange(np.count_nonzero(labels == label))
    return split.train[np.lexsort((labels, ranks))[:count]]


def _mixed(training: Training, ids: Ids, epoch: int) -> tuple[Images, tuple[str, ...]]:
    images, target = training.feed.batch(ids, epoch, 0, 0)
    data, classes = training.task.recipe.data, training.split.classes
    mean, std = (torch.tensor(each).reshape(3, 1, 1) for each in (data.mean, data.std))
    pixels = ((images.cpu() * std + mean) * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return pixels, tuple(_shares(row, classes) for row in target.cpu())


def _shares(row: Tensor, classes: tuple[str, ...]) -> str:
    present = [(float(share), name) for share, name in zip(row, classes, strict=True) if share > 0]
    return " + ".join(f"{share:.2f} {name}" for share, name in sorted(present, reverse=True))
