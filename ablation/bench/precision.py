"""Mixed precision for trainers without their own on every device."""

import torch
from torch import Tensor, nn


class Cast(nn.Module):
    """A model whose forward pass runs under torch's autocast.

    Args:
        model: images to logits.
        precision: of the recipe, ``fp32`` or ``bf16``; ``fp32`` leaves the model as it is.
        device: of the model.
    """

    def __init__(self, model: nn.Module, precision: str, device: torch.device) -> None:
        super().__init__()
        self.model, self._enabled, self._device_type = model, precision == "bf16", device.type

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast(self._device_type, dtype=torch.bfloat16, enabled=self._enabled):
            logits: Tensor = self.model(images)
        return logits.float()  # some trainers convert to NumPy, which has no bfloat16
