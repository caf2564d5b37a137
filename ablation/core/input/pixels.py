"""The images that a training gathers its batches from: on the device where they fit, else on the host."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ablation.core.input.batches import Ids

RESIDENT_SHARE = 0.25
"""Share of a GPU's memory that the images may take."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """The images of a data set, (images, side, side, 3) uint8.

    Args:
        images: on disk, mapped into memory.
        resident: the same on the device, where there is one of its own with room for them.
        device: where batches are wanted.
    """

    images: NDArray[np.uint8]
    resident: Tensor | None
    device: torch.device

    @classmethod
    def of(cls, images: NDArray[np.uint8], device: torch.device) -> Pixels:
        fits = device.type == "cuda" and images.nbytes <= RESIDENT_SHARE * torch.cuda.mem_get_info(device)[1]
        if not fits:
            return cls.on_disk(images, device)
        return cls(images, torch.from_numpy(np.array(images)).to(device), device)

    @classmethod
    def on_disk(cls, images: NDArray[np.uint8], device: torch.device) -> Pixels:
        """Images of which each is asked for once."""
        return cls(images, None, device)

    def batch(self, ids: Ids) -> Tensor:
        """Some of the images, (batch, 3, side, side), on the device; what follows need not wait for the transfer."""
        if self.resident is not None:
            return self.resident[sent(torch.from_numpy(ids), self.device)].permute(0, 3, 1, 2)
        return sent(self.on_host(ids), self.device)

    def on_host(self, ids: Ids) -> Tensor:
        """Some of the images, (batch, 3, side, side)."""
        return torch.from_numpy(self.images[ids]).permute(0, 3, 1, 2)


def sent(values: Tensor, device: torch.device) -> Tensor:
    """Values of the host on the device; from pinned memory, so that a GPU copies them while the host goes on."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values
