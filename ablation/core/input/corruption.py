"""Corrupted images: the same ones for every variant and replicate."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ablation.core.input.batches import Ids
from ablation.core.streams import Streams, drawing, reseed
from ablation.recipe.corruption import CorruptionSettings


def corrupted(images: NDArray[np.uint8], ids: Ids, settings: CorruptionSettings, seed: int) -> NDArray[np.uint8]:
    """Some images of a data set, corrupted; each draws from a stream of the experiment and of its own number.

    Args:
        images: of the whole data set, (images, side, side, 3).
        ids: which of them.
        settings: of the corruption.
        seed: of the experiment.

    Returns: (ids, side, side, 3).
    """
    seeds = Streams(seed, 0).per_example("corruption", 0, len(images))
    corrupt = settings.build()
    changed = np.empty((len(ids), *images.shape[1:]), dtype=np.uint8)
    with drawing(0, torch.device("cpu")):
        for place, number in enumerate(ids):
            reseed(int(seeds[number]))
            image = torch.from_numpy(images[number].copy()).permute(2, 0, 1)
            changed[place] = corrupt(image).permute(1, 2, 0).numpy()
    return changed
