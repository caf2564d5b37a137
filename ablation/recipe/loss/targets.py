"""Functions for all losses: precision, targets as distributions, and smoothing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def at_least_float32(logits: Tensor) -> Tensor:
    """Logits in float32, since exponentials overflow in half precision; float64 stays."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def as_distribution(target: Tensor, classes: int) -> Tensor:
    """Class ids (batch,) or distributions (batch, classes) as float distributions (batch, classes)."""
    return target if target.ndim == 2 else F.one_hot(target, classes).float()


def smoothed(target: Tensor, smoothing: float) -> Tensor:
    """Move ``smoothing`` of each row's mass to the uniform distribution (Szegedy et al. 2016, arXiv:1512.00567)."""
    return target if smoothing == 0 else target * (1 - smoothing) + smoothing / target.shape[1]
