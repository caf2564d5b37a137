"""Builds a network without drawing its starting weights, which are then loaded from a file.

On a CPU, drawing the weights of a ResNet-18 takes as long as predicting a hundred images of 32 pixels with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ablation.core.streams import drawing

_DRAWS = {torch.Tensor.uniform_, torch.Tensor.normal_, nn.init.uniform_, nn.init.normal_, nn.init.kaiming_uniform_}
"""What the initialisers of torch, torchvision and timm call; a mode sees the last three before the first two."""


@contextmanager
def skip_init() -> Iterator[None]:
    """Fill parameters with 0 instead of drawing them from torch's generator, whose state does not change.

    For models whose whole state dict is loaded afterwards, strictly: it overwrites every parameter. Everything else
    that a constructor does is done as for a training, including draws from another generator. Tensors that are no
    parameters are drawn, with the same seed in each block: a random buffer that the state dict leaves out differs from
    the training's, which has its own seed, with or without this block. Not supported: a constructor that seeds torch's
    generator itself and draws such a buffer after its parameters.
    """
    with drawing(0, torch.device("cpu")), _SkipInit():
        yield


class _SkipInit(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        keywords = kwargs or {}
        if func in _DRAWS and keywords.get("generator") is None:
            target = args[0] if args else keywords["tensor"]
            if isinstance(target, nn.Parameter):
                return nn.init.zeros_(target)
        return func(*args, **keywords)
