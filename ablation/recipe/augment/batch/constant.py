"""Constant tensors on several devices."""

from __future__ import annotations

import torch
from torch import Tensor


class Constant:
    """A tensor that is copied to each device once, so that a CUDA graph contains no copy from the host."""

    def __init__(self, values: Tensor) -> None:
        self._on = {values.device: values}

    def on(self, device: torch.device) -> Tensor:
        """The tensor on a device."""
        if device not in self._on:
            self._on[device] = next(iter(self._on.values())).to(device)
        return self._on[device]
