"""Cross-entropy: the negative log of the probability given to the true class.

Changes     the loss; label smoothing moves a share of each target to all classes alike.
Helps       the default for classification; smoothing helps calibration and large models on clean labels.
Collides    label smoothing with mixup or cutmix (both soften targets) and with distillation.
Cost        none that can be measured.
Asked by    000_b6ad96d08f4dca3a.txt (baseline, smoothing 0.05), 001_b04657de1b61805f.txt (smoothing 0.1).
Source      Szegedy et al. 2016, arXiv:1512.00567 (label smoothing).
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.targets import as_distribution, at_least_float32


class CrossEntropyLoss(nn.Module):
    """Cross-entropy of each example, ``torch.nn.functional.cross_entropy`` without its reduction.

    Args:
        class_weights: shape (classes,).
        label_smoothing: in [0, 1).

    Shapes: logits (batch, classes) float; target (batch,) int64 or (batch, classes) float, rows summing to 1.
    Returns: (batch,) float32.
    """

    class_weights: Tensor

    def __init__(self, class_weights: Tensor, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("class_weights", class_weights)
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            at_least_float32(logits),
            as_distribution(target, logits.shape[1]),
            weight=self.class_weights,
            label_smoothing=self.label_smoothing,
            reduction="none",
        )


class CrossEntropy(LossSettings):
    """Softmax cross-entropy with class weights and label smoothing."""

    name: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of each target spread over all classes, in [0, 1)."""

    def build(self, class_weights: Tensor) -> nn.Module:
        return CrossEntropyLoss(class_weights, self.label_smoothing)
