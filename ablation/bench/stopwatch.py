"""Times every contestant's training by the same rule."""

import time
from types import TracebackType
from typing import Any, Self

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from ablation.recipe.model import Classifier


class TrainingStopwatch:
    """Measures seconds from the first forward pass of a classifier in training mode to the end of the block.

    Earlier work, such as imports, loading data and a trainer's preparations, counts only in the time of the process.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._start: float | None = None

    def __enter__(self) -> Self:
        self._hook = register_module_forward_pre_hook(self._on_forward)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hook.remove()
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
        if self._start is not None:
            self.seconds = time.perf_counter() - self._start

    def _on_forward(self, module: nn.Module, inputs: Any) -> None:
        if isinstance(module, Classifier) and module.training:
            self._start = time.perf_counter()
            self._hook.remove()
