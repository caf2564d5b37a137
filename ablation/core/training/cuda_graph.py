"""One optimizer step as two CUDA graphs, recorded once and replayed for every step of the same shapes.

A small network at 32 px launches hundreds of kernels that take microseconds each, so the host limits the speed. A
graph launches them all at once. It repeats the recorded kernels on the recorded memory: batches are copied into the
graph's own buffers, learning rates are read from the device, and everything else that it reads must keep its place in
memory (weights, running statistics, moments, resident images).

It relies on the following, from torch 2.15's sources. A graph reads seed and offset of the default generator at each
replay (``ATen/cuda/CUDAGeneratorImpl.h``), so reseeding between steps works and the offset advances as without a graph.
Gradients that are None when recording begins are written, not added to, at each replay. The fused optimizers count
their steps on the device and read the learning rate as a float32 there. AdamW and Adam round it to float32 anyway; SGD
multiplies by the double, so its weights may differ in the last bits from those of a training without graphs.

Source: docs.pytorch.org, "CUDA semantics", whole-network capture.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ablation.errors import UserError

TensorBatch = tuple[Tensor, ...]
"""What the network takes, and the targets (batch, classes)."""
Batches = Sequence[TensorBatch]

WARM_UP = 3
"""Steps before recording, in which libraries choose their algorithms and allocate their workspaces."""


class Recording(Protocol):
    """Work that was recorded, such as a ``torch.cuda.CUDAGraph``."""

    def replay(self) -> None:
        """Repeat the work on the same memory."""

    def pool(self) -> Any:
        """The memory pool that the recording holds."""


Recorder = Callable[[Callable[[], None], Recording | None], Recording]
"""Records work, in the memory pool of the recording that is always replayed before it (None: in a new one)."""


class GraphedStep:
    """Takes the steps of a training, recorded or not, with the same result bit for bit.

    The first steps warm up: they are steps of the training, taken without a graph. Recording runs no kernel. A step of
    other shapes than the first one's (the last of an epoch) is taken without a graph. On the CPU the same operations
    run on the same buffers, without recording. A graph holds the memory of a step in addition to the other steps'.

    Args:
        backward: takes the batches of one step, on the device; leaves the gradients in the weights, and returns the sum
            of the losses and the number of correct predictions, shape (2,), without a gradient. Everything else that it
            reads keeps its place in memory, and it never waits for the device.
        update: changes the weights by these gradients: clipping and the optimizer's step alone.
        optimizer: a fused one of torch's; where a schedule changes another number of it than the learning rates (a
            momentum), the update is not replayed.
        record: how to record; None for CUDA graphs on CUDA and no recording on the CPU.

    Raises:
        UserError: the optimizer is not fused; later, the step cannot be recorded (it waits for the device, ...).
        torch.OutOfMemoryError: later, the device's memory is full.
    """

    def __init__(
        self,
        backward: Callable[[Batches], Tensor],
        update: Callable[[], None],
        optimizer: torch.optim.Optimizer,
        device: torch.device,
        record: Recorder | None = None,
    ) -> None:
        _check(optimizer)
        self._backward, self._update, self._optimizer, self._device = backward, update, optimizer, device
        self._weights: list[Tensor] = [weight for group in optimizer.param_groups for weight in group["params"]]
        kind = torch.float32 if device.type == "cuda" else torch.float64  # as the fused kernels read learning rates
        self._rates = [torch.tensor(group["lr"], dtype=kind, device=device) for group in optimizer.param_groups]
        self._sums = torch.zeros(2, device=device)
        self._record = functools.partial(_recorded, device) if record is None and device.type == "cuda" else record
        self._shapes: list[list[torch.Size]] = []
        self._warm = 0
        self._buffered: _BufferedStep | None = None

    def __call__(self, batches: Batches, between: Callable[[], None]) -> None:
        """Take one step of batches on the device or in pinned memory.

        ``between`` is called when the gradients are in the weights, before they are clipped; it changes nothing.
        """
        for rate, group in zip(self._rates, self._optimizer.param_groups, strict=True):
            rate.fill_(group["lr"])
        shapes = [[tensor.shape for tensor in batch] for batch in batches]
        self._shapes = self._shapes or shapes
        if shapes != self._shapes:
            self._unrecorded(batches, between)
        elif self._warm < WARM_UP:
            self._warm += 1
            with _on_side_stream(self._device):
                self._unrecorded(batches, between)
        else:
            self._replayed(batches, between)

    def take_sums(self) -> tuple[float, float]:
        """The sum of the losses and the number of correct predictions since the last call; waits for the device."""
        losses, correct = self._sums.tolist()
        self._sums.zero_()
        return losses, correct

    def _unrecorded(self, batches: Batches, between: Callable[[], None]) -> None:
        self._fill_gradients([tuple(part.to(self._device, non_blocking=True) for part in batch) for batch in batches])
        between()
        self._change_weights()

    def _replayed(self, batches: Batches, between: Callable[[], None]) -> None:
        if self._buffered is None:
            self._buffered = self._make_buffered(batches)
        step = self._buffered
        step.take(batches)
        step.backward()
        for weight, gradient in step.gradients:
            weight.grad = gradient  # a step without a graph has put another tensor there
        between()
        if step.constants == _constants(self._optimizer):
            step.update()
        else:
            self._change_weights()

    def _make_buffered(self, batches: Batches) -> _BufferedStep:
        """A step on buffers that keep their place in memory, recorded if there is a recorder."""
        buffers = [tuple(part.to(self._device, copy=True) for part in batch) for batch in batches]
        backward, constants = functools.partial(self._fill_gradients, buffers), _constants(self._optimizer)
        if self._record is None:
            return _BufferedStep(buffers, (), constants, backward, self._change_weights)
        first = self._record(backward, None)
        gradients = [(weight, weight.grad) for weight in self._weights]
        second = self._record(functools.partial(self._change_weights, recording=True), first)
        return _BufferedStep(buffers, gradients, constants, first.replay, second.replay)

    def _fill_gradients(self, batches: Batches) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        self._sums += self._backward(batches)

    def _change_weights(self, *, recording: bool = False) -> None:
        with _rates_of(self._optimizer, self._rates, capturable=recording):
            self._update()


@dataclass(frozen=True)
class _BufferedStep:
    """A step that reads its batches from its own buffers.

    Args:
        gradients: each weight with the tensor that holds its gradient after a replay; empty without recording.
        constants: the optimizer's numbers that are part of the recorded ``update``.
    """

    buffers: Batches
    gradients: Sequence[tuple[Tensor, Tensor | None]]
    constants: list[dict[str, object]]
    backward: Callable[[], None]
    update: Callable[[], None]

    def take(self, batches: Batches) -> None:
        """Copy the batches of a step into the buffers."""
        for buffers, batch in zip(self.buffers, batches, strict=True):
            for buffer, part in zip(buffers, batch, strict=True):
                buffer.copy_(part, non_blocking=True)


def _check(optimizer: torch.optim.Optimizer) -> None:
    if not all(group.get("fused") for group in optimizer.param_groups):
        name, remedy = type(optimizer).__name__, "use sgd, adam or adamw, or set train.cuda_graph: false"
        problem = f"{name} is not built with fused=True, so its step cannot be part of a CUDA graph"
        raise UserError(problem, place="train.cuda_graph", remedy=remedy)


def _constants(optimizer: torch.optim.Optimizer) -> list[dict[str, object]]:
    """The optimizer's numbers that are constants of a recorded step: all but the learning rates."""
    return [
        {name: value for name, value in group.items() if name != "lr" and isinstance(value, (int, float, tuple))}
        for group in optimizer.param_groups
    ]


@contextmanager
def _rates_of(optimizer: torch.optim.Optimizer, rates: Sequence[Tensor], *, capturable: bool) -> Iterator[None]:
    """Let the optimizer read its learning rates from the device in the block; afterwards they are numbers again."""
    before = [dict(group) for group in optimizer.param_groups]
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
        if "capturable" in group:  # torch records fused steps with it only, and warns of it otherwise
            group["capturable"] = capturable
    try:
        yield
    finally:
        for group, saved in zip(optimizer.param_groups, before, strict=True):
            group.update(saved)


@functools.lru_cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    """One stream for all trainings of a process, since cuBLAS keeps a workspace for each stream that it was used on."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@contextmanager
def _on_side_stream(device: torch.device) -> Iterator[None]:
    """Run the block on the stream that is recorded later, in order with the work before and after it."""
    if device.type != "cuda":
        yield
        return
    side = _side_stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        yield
    torch.cuda.current_stream(device).wait_stream(side)


def _recorded(device: torch.device, work: Callable[[], None], before: Recording | None) -> torch.cuda.CUDAGraph:
    """Record ``work`` as a CUDA graph; see ``Recorder``."""
    graph = torch.cuda.CUDAGraph()
    pool = None if before is None else before.pool()
    try:
        # "thread_local" lets other threads transfer data while this one records
        with (
            torch.cuda.device(device),
            torch.cuda.graph(graph, pool=pool, stream=_side_stream(device), capture_error_mode="thread_local"),
        ):
            work()
    except RuntimeError as error:
        first = error.__context__ or error  # ending a failed recording raises again
        if isinstance(first, torch.OutOfMemoryError):
            raise first from None
        problem = f"the step cannot be recorded: {str(first).splitlines()[0]}"
        remedy = "set train.cuda_graph: false, or leave out the component that waits for the device"
        raise UserError(problem, place="train.cuda_graph", remedy=remedy) from error
    return graph
