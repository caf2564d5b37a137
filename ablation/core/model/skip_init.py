"""A network without random starting weights, for those that a file holds.

On a CPU, drawing the weights of a ResNet-18 takes as long as predicting a hundred images of 32 pixels with it. All
else that a constructor does is done as for a training, so that what no file holds is made as it was then: buffers that
are not kept, numbers that it reads out of tensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ablation.core.streams import drawing

_DRAWS = {torch.Tensor.uniform_, torch.Tensor.normal_, nn.init.uniform_, nn.init.normal_, nn.init.kaiming_uniform_}
"""What the initialisers of torch, torchvision and timm come down to; the last three reach a mode before the first."""


@contextmanager
def blank_parameters() -> Iterator[None]:
    """Within the block, a parameter that would be drawn from torch's generator is 0; the generator stays untouched.

    Once a whole state dict is loaded, strictly, nothing of this is left: it holds every parameter. What has a generator
    of its own and what is not random is as ever. Other tensors are drawn, the same in each block: a buffer so made that
    the state dict leaves out is not the training's, nor was it where all was drawn, for a training has its own seed. A
    constructor that seeds torch's generator itself, to draw such a buffer after its parameters, is not provided for.
    """
    with drawing(0, torch.device("cpu")), _BlankParameters():
        yield


class _BlankParameters(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        told = kwargs or {}
        if func in _DRAWS and told.get("generator") is None:
            target = args[0] if args else told["tensor"]
            if isinstance(target, nn.Parameter):
                return nn.init.zeros_(target)
        return func(*args, **told)
