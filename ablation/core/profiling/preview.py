"""The input of a training: some of its images unchanged, augmented in several epochs, and mixed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ablation.core.task import Task
from ablation.core.training.setup import Training
from ablation.recipe.data.pool import Ids
from ablation.recipe.data.split import Split

_Images = NDArray[np.uint8]


@dataclass(frozen=True)
class PreviewImages:
    """Some training images, unchanged, augmented and mixed.

    Args:
        images: unchanged, (n, side, side, 3).
        changed: augmented in each epoch, (n, epochs, side, side, 3).
        labels: n names of classes.
        mixed: augmented and mixed in the first epochs, (n, mixtures, side, side, 3); None without mixing.
        shares: n rows with the target of each mixture as text, ``0.70 cat + 0.30 dog``.
    """

    images: _Images
    changed: _Images
    labels: tuple[str, ...]
    mixed: _Images | None
    shares: tuple[tuple[str, ...], ...]


def preview_images(task: Task, datasets: Path, count: int, epochs: int, mixtures: int = 2) -> PreviewImages:
    """A preview of a training with the recipe of its last phase.

    Args:
        count: of images, from all classes in turn, >= 2.
        epochs: augmented versions of each image, >= 1.
        mixtures: of each image, >= 1, where the recipe mixes.
    """
    training = Training.prepare(task.in_last_phase(), (), datasets)
    split, loader = training.split, training.loader
    ids = _in_turn(split, count)
    changed = [loader.augmenter.batch(ids, epoch).permute(0, 2, 3, 1).numpy() for epoch in range(epochs)]
    mixes = not training.task.recipe.mix.changes_nothing
    mixed = [_mixed(training, ids, epoch) for epoch in range(mixtures if mixes else 0)]
    return PreviewImages(
        images=np.array(training.dataset.images[ids]),
        changed=np.stack(changed, axis=1),
        labels=tuple(split.classes[label] for label in split.labels[ids]),
        mixed=np.stack([images for images, _ in mixed], axis=1) if mixes else None,
        shares=tuple(zip(*(texts for _, texts in mixed), strict=True)),
    )


def _in_turn(split: Split, count: int) -> Ids:
    """Ids of training images, one of each class in turn."""
    labels = split.labels[split.train]
    ranks = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        ranks[labels == label] = np.arange(np.count_nonzero(labels == label))
    return split.train[np.lexsort((labels, ranks))[:count]]


def _mixed(training: Training, ids: Ids, epoch: int) -> tuple[_Images, tuple[str, ...]]:
    images, target = training.loader.batch(ids, epoch, 0, 0)
    data, classes = training.task.recipe.data, training.split.classes
    mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in (data.mean, data.std))
    pixels = ((images.cpu() * std + mean) * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return pixels, tuple(_shares(row, classes) for row in target.cpu())


def _shares(row: Tensor, classes: tuple[str, ...]) -> str:
    present = [(float(share), name) for share, name in zip(row, classes, strict=True) if share > 0]
    return " + ".join(f"{share:.2f} {name}" for share, name in sorted(present, reverse=True))
