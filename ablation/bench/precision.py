"""Mixed precision for trainers that have none of their own on every device."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Cast(nn.Module):
    """A model whose forward pass runs under torch's autocast.

    Args:
        model: images to logits.
        precision: of the recipe, ``fp32`` or ``bf16``; ``fp32`` leaves the model as it is.
        device: where it lies.
    """

    def __init__(self, model: nn.Module, precision: str, device: torch.device) -> None:
        super().__init__()
        self.model, self._on, self._kind = model, precision == "bf16", device.type

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast(self._kind, dtype=torch.bfloat16, enabled=self._on):
            logits: Tensor = self.model(images)
        return logits.float()  # NumPy, to which some trainers turn, knows no bfloat16
