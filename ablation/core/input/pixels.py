"""The images of a data set, kept on the GPU where they fit, else on the host."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ablation.recipe.data.pool import Ids

RESIDENT_SHARE = 0.25
"""Share of a GPU's memory that the images may take."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """The images of a data set, (images, side, side, 3) uint8.

    Args:
        images: a memory-mapped file.
        resident: a copy on the GPU; None for images that do not fit or are read once each.
    """

    images: NDArray[np.uint8]
    device: torch.device
    resident: Tensor | None = None

    @classmethod
    def of(cls, images: NDArray[np.uint8], device: torch.device) -> Pixels:
        """Images that are read many times: copied to a GPU where they take at most ``RESIDENT_SHARE`` of it."""
        fits = device.type == "cuda" and images.nbytes <= RESIDENT_SHARE * torch.cuda.mem_get_info(device)[1]
        return cls(images, device, torch.from_numpy(np.array(images)).to(device) if fits else None)

    def batch(self, ids: Ids) -> Tensor:
        """The images ``ids``, (batch, 3, side, side), on the device; the host does not wait for the transfer."""
        if self.resident is not None:
            return self.resident[to_device(torch.from_numpy(ids), self.device)].permute(0, 3, 1, 2)
        return to_device(self.on_host(ids), self.device)

    def on_host(self, ids: Ids) -> Tensor:
        """The images ``ids``, (batch, 3, side, side), on the host."""
        return torch.from_numpy(self.images[ids]).permute(0, 3, 1, 2)


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """A host tensor copied to the device; through pinned memory, so that the host does not wait for a GPU."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values
