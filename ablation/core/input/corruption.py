"""Corrupted images: the same ones for every variant and replicate."""

import numpy as np
import torch
from numpy.typing import NDArray

from ablation.core.streams import Streams, drawing, reseed
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.data.pool import Ids


def corrupted_images(images: NDArray[np.uint8], ids: Ids, settings: CorruptionSettings, seed: int) -> NDArray[np.uint8]:
    """The images ``ids`` of all ``images``, corrupted, (ids, side, side, 3) uint8.

    The corruption of an image depends on the experiment's ``seed`` and its id alone.
    """
    seeds = Streams(seed, 0).per_example("corruption", 0, len(images))
    corrupt = settings.build()
    corrupted = np.empty((len(ids), *images.shape[1:]), dtype=np.uint8)
    with drawing(0, torch.device("cpu")):
        for position, number in enumerate(ids):
            reseed(int(seeds[number]))
            image = torch.from_numpy(images[number].copy()).permute(2, 0, 1)
            corrupted[position] = corrupt(image).permute(1, 2, 0).numpy()
    return corrupted
