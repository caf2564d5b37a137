"""Focal loss: looks harder at the examples the model gets wrong.

Changes     the loss: cross-entropy times (1 - p)^gamma, p the probability of the true class.
Helps       unbalanced classes with many easy examples; little or nothing on balanced, clean data.
Collides    label smoothing (soft targets keep p from 1), weighted sampling (both lift rare classes). A scalar alpha
            only scales the loss: under AdamW, whose steps do not depend on the loss's scale, it changes next to
            nothing.
Cost        none that can be measured.
Asked by    000_b6ad96d08f4dca3a.txt (+3-5 %), 001_b04657de1b61805f.txt.
Source      Lin et al. 2017, arXiv:1708.02002, in its softmax form.

Where this differs from document 000's snippet: the snippet takes ``pt = exp(-weighted cross-entropy)``, so a class
weight other than 1 bends the probability itself (weight 3 turns p = 0.5 into 0.125) and the modulating factor no
longer measures how well the example is classified. Here p is the model's own, unweighted probability; class weights
and alpha only multiply the result. Without class weights the two agree.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from ablation.errors import UserError
from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.targets import as_distribution, at_least_float32, smoothed
from ablation.recipe.search import NotSearched, UsualRange, UsualSpace


class FocalLoss(nn.Module):
    """alpha * weight * (1 - p)^gamma * cross-entropy of each example; a soft target is the mixture of hard ones.

    Args:
        gamma: focusing strength, >= 0; 0 is weighted cross-entropy.
        alpha: weight of each class, shape (classes,); a scalar tensor for all alike.
        class_weights: shape (classes,).
        label_smoothing: in [0, 1).

    Shapes: logits (batch, classes) float; target (batch,) int64 or (batch, classes) float, rows summing to 1.
    Returns: (batch,) float32.
    """

    weights: Tensor

    def __init__(self, gamma: float, alpha: Tensor, class_weights: Tensor, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.gamma, self.label_smoothing = gamma, label_smoothing
        self.register_buffer("weights", alpha * class_weights)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        log_p = F.log_softmax(at_least_float32(logits), dim=1)  # (batch, classes)
        share = smoothed(as_distribution(target, logits.shape[1]), self.label_smoothing)
        # -expm1(log_p) is 1 - p without cancellation; the clamp keeps the gradient of 0 ** gamma finite for gamma < 1
        miss = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny)
        return (share * self.weights * miss**self.gamma * -log_p).sum(dim=1)


class Focal(LossSettings):
    """Softmax focal loss."""

    scaling: ClassVar[tuple[str, ...]] = ("alpha",)

    name: Literal["focal"] = "focal"
    gamma: float = Field(2.0, ge=0)
    """Focusing strength, >= 0; 0 is cross-entropy, 2 is the paper's choice."""
    alpha: Annotated[float, Field(gt=0)] | tuple[Annotated[float, Field(gt=0)], ...] = 1.0
    """Weight of the loss, > 0: one number for all classes or one per class; multiplies the class weights."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of each target spread over all classes, in [0, 1)."""

    def search_space(self) -> UsualSpace:
        """Gamma from 0 to 5 and alpha from 0.05 to 1, or as far as its own values."""
        gamma = UsualRange(0, max(5, self.gamma))
        if isinstance(self.alpha, tuple):
            reason = "it is given per class here, so only choices of lists can search it"
            return {"gamma": gamma, "alpha": NotSearched(reason)}
        return {"gamma": gamma, "alpha": UsualRange(min(0.05, self.alpha), max(1, self.alpha))}

    def build(self, class_weights: Tensor) -> nn.Module:
        alpha = torch.as_tensor(self.alpha, dtype=torch.float32)
        if alpha.ndim == 1 and alpha.shape != class_weights.shape:
            raise UserError(
                f"{len(alpha)} numbers for {len(class_weights)} classes",
                place="loss.alpha",
                remedy="give one number for all classes, or one per class in the order of their names",
            )
        return FocalLoss(self.gamma, alpha, class_weights, self.label_smoothing)
