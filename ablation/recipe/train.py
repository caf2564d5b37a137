"""The section ``train``: how long, in what batches, at what precision."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ablation.recipe.settings import Settings


class TrainSettings(Settings):
    """Settings of the training loop that no component owns."""

    epochs: int = Field(30, ge=1)
    """Passes over the training set, >= 1."""
    batch_size: int = Field(32, ge=2)
    """Images in one forward pass, >= 2."""
    accumulate: int = Field(1, ge=1)
    """Batches whose gradients make one step, >= 1. The step equals that of the large batch for models without
    BatchNorm and dropout; BatchNorm still sees ``batch_size`` images at a time."""
    clip_norm: float | None = Field(None, gt=0)
    """Largest norm of the gradient of one step, > 0; None clips nothing."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Arithmetic of the forward and backward pass: bf16 by autocast, fp16 by autocast with a gradient scaler (CUDA
    only)."""
    memory_format: Literal["contiguous", "channels_last"] = "contiguous"
    """Layout of images and convolution weights in memory."""
    threads: int = Field(1, ge=1)
    """CPU threads of one training, >= 1; part of the result, since sums are split over threads."""
    deterministic: bool = False
    """Only deterministic algorithms on CUDA, so that a repeated run is bit-identical; slower. On the CPU every run is
    deterministic."""
