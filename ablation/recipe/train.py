"""The section ``train``: how long, in what batches, at what precision, and which weights are kept.

Early stopping, the best checkpoint and phases look at validation only. Asked by: longer training, accumulation and
mixed precision 000_b6ad96d08f4dca3a.txt (+1-2 % each), 001_b04657de1b61805f.txt; clipping 001, 002, 004; early stopping
001, 002_111c0abedfd045f2.txt (patience 12); the best checkpoint by F1 002; EMA by torchvision's ResNet-50 recipe.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ablation.recipe.monitor import Watched
from ablation.recipe.settings import Settings


class EMA(Settings):
    """An exponential moving average of the weights, taken after each step; it is what validates, predicts and is kept.

    The batch statistics of BatchNorm are the model's own. Source: torch.optim.swa_utils; Polyak and Juditsky 1992.
    """

    decay: float = Field(0.999, gt=0, lt=1)
    """What is left of the average at each step, in (0, 1)."""
    warmup: bool = True
    """Whether step t uses at most (1 + t) / (10 + t), so that a short training does not keep its random start."""


class EarlyStopping(Settings):
    """Ends a training whose validation metric no longer improves; epochs are counted anew in each phase."""

    metric: Watched = "macro_f1"
    """What must improve."""
    patience: int = Field(12, ge=1)
    """Epochs without improvement after which the training ends, >= 1; document 002's is 12."""
    min_gain: float = Field(0.0, ge=0)
    """Smallest change that counts as one, in the raw unit of the metric (0.01 is a point of accuracy), >= 0."""


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
    ema: EMA | None = None
    """Moving average of the weights; None keeps the weights as they are."""
    early_stopping: EarlyStopping | None = None
    """When to stop before the last epoch; None never does."""
    keep: Literal["last", "best"] = "last"
    """Which epoch's weights are kept: the last, or the best of the phase that the training ends in. All variants of an
    experiment must agree."""
    keep_by: Watched = "macro_f1"
    """What ``keep: best`` is judged by, on validation."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Arithmetic of the forward and backward pass: bf16 by autocast, fp16 by autocast with a gradient scaler (CUDA
    only). Under fp32 a GPU's convolutions may round their factors to TF32, as is torch's default."""
    memory_format: Literal["contiguous", "channels_last"] = "contiguous"
    """Layout of images and convolution weights in memory."""
    compile: bool = False
    """Train through torch.compile. It takes half a minute a training or more, draws dropout in another way and changes
    the last digits; ``ablation profile`` says where it pays off. Needs a C++ compiler on the CPU."""
    cuda_graph: bool = False
    """Replay each full step as CUDA graphs (CUDA only), for small images and models, whose steps take less time than
    their launch; SGD's last digits may differ, since a graph reads its learning rate as a float32."""
    threads: int = Field(1, ge=1)
    """CPU threads of one training, >= 1; part of the result, since sums are split over threads."""
    deterministic: bool = False
    """Only deterministic algorithms on CUDA, so that a repeated run is bit-identical; slower. On the CPU every run is
    deterministic."""

    @model_validator(mode="after")
    def _keep_by_has_an_effect(self) -> Self:
        if self.keep == "last" and self.keep_by != "macro_f1":
            raise ValueError("keep_by has no effect without keep: best")
        return self

    @model_validator(mode="after")
    def _a_graph_is_whole(self) -> Self:
        if self.cuda_graph and self.precision == "fp16":
            raise ValueError("cuda_graph cannot be had with precision: fp16, whose scaler asks after each step")
        if self.cuda_graph and self.compile:
            raise ValueError("cuda_graph captures the step as it is: leave out compile, or cuda_graph")
        return self
