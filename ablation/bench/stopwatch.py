"""The one rule by which every contestant's training is timed."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from ablation.recipe.model import Classifier


class Stopwatch:
    """Seconds from the moment a classifier first takes a training batch to the end of the block.

    What comes before, such as imports, the data and a trainer's preparations, is left to the time of the process.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began: float | None = None

    def __enter__(self) -> Self:
        self._hook = register_module_forward_pre_hook(self._seen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hook.remove()
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
        if self._began is not None:
            self.seconds = time.perf_counter() - self._began

    def _seen(self, module: nn.Module, inputs: Any) -> None:
        if isinstance(module, Classifier) and module.training:
            self._began = time.perf_counter()
            self._hook.remove()
