"""One optimizer step as two CUDA graphs, recorded once and replayed for every step of the same shapes.

A small network at 32 px launches hundreds of kernels that take microseconds each, so the host is what takes time. A
graph launches them all at once. It repeats the recorded kernels on the recorded addresses: batches are copied into
buffers of its own, learning rates are read from the device, and everything else that it reads must stay where it is
(weights, running statistics, moments, resident images).

What it rests on, as torch 2.15's sources have it: a graph takes seed and offset of the default generator anew at each
replay (``ATen/cuda/CUDAGeneratorImpl.h``), so reseeding between steps is honoured and the offset moves on as without a
graph; gradients that are None when recording begins are written, not added to, at each replay; the fused optimizers
count their steps on the device and read the learning rate as a float32 there, which AdamW and Adam round it to anyway,
while SGD multiplies by the double: its weights may differ in the last bits from those of a training without graphs.

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

Batch = tuple[Tensor, ...]
Batches = Sequence[Batch]

WARM_UP = 3
"""Steps taken before recording, so that libraries choose their algorithms and make their workspaces outside of it."""


class Recording(Protocol):
    """Work that was recorded once."""

    def replay(self) -> None:
        """Do it again, on the same memory."""

    def pool(self) -> Any:
        """The memory that it keeps to itself."""


Recorder = Callable[[Callable[[], None], Recording | None], Recording]
"""Records work, in the memory of the recording that is always replayed before it."""


class GraphedStep:
    """The steps of a training, the recorded ones and the others, with the same result bit for bit.

    The first steps warm up: they are steps of the training, taken without a graph, so that nothing has to be undone.
    Recording runs no kernel. Steps of other shapes than the first one's (the last of an epoch) are taken without a
    graph. On the CPU everything happens in the same order on the same buffers, without recording. A graph keeps the
    memory of a step to itself, beside that of the steps without one.

    Args:
        backward: of the batches of one step, on the device: leaves the gradients in the weights, and gives the sum of
            the losses and the number of right answers, shape (2,), without a gradient. What else it reads stays at its
            place in memory, and it never waits for the device.
        update: of the weights by these gradients: clipping and the optimizer's step, no more.
        optimizer: of torch's fused ones; what a schedule moves in it besides the learning rates (a momentum) is
            honoured by leaving the update unrecorded.
        device: of the weights.
        record: how to record; None for the device's own way, which on the CPU is none.

    Raises:
        UserError: the optimizer is not a fused one.
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
        self._rates = [_on_device(group["lr"], device) for group in optimizer.param_groups]
        self._sums = torch.zeros(2, device=device)
        self._record = functools.partial(_recorded, device) if record is None and device.type == "cuda" else record
        self._shapes: list[list[torch.Size]] = []
        self._warm = 0
        self._held: _Held | None = None

    def __call__(self, batches: Batches, between: Callable[[], None]) -> None:
        """Take one step.

        Args:
            batches: of the step, each a tuple of tensors, on the device or in pinned memory.
            between: called where the gradients stand in the weights, before they are clipped; changes nothing.
        """
        for rate, group in zip(self._rates, self._optimizer.param_groups, strict=True):
            rate.fill_(group["lr"])
        shapes = [[each.shape for each in batch] for batch in batches]
        self._shapes = self._shapes or shapes
        if shapes != self._shapes:
            self._unrecorded(batches, between)
        elif self._warm < WARM_UP:
            self._warm += 1
            with _beside(self._device):
                self._unrecorded(batches, between)
        else:
            self._replayed(batches, between)

    def take_sums(self) -> list[float]:
        """The sum of the losses and the number of right answers of the steps since they were last taken; waits."""
        sums: list[float] = self._sums.tolist()
        self._sums.zero_()
        return sums

    def _unrecorded(self, batches: Batches, between: Callable[[], None]) -> None:
        self._fill_gradients([tuple(each.to(self._device, non_blocking=True) for each in batch) for batch in batches])
        between()
        self._change_weights()

    def _replayed(self, batches: Batches, between: Callable[[], None]) -> None:
        if self._held is None:
            self._held = self._hold(batches)
        held = self._held
        held.take(batches)
        held.backward()
        for weight, gradient in held.gradients:
            weight.grad = gradient  # a step without a graph has put others there
        between()
        if held.constants == _constants(self._optimizer):
            held.update()
        else:
            self._change_weights()

    def _hold(self, batches: Batches) -> _Held:
        """The step on buffers that stay: recorded where there is something to record with."""
        buffers = [tuple(each.to(self._device, copy=True) for each in batch) for batch in batches]
        backward, constants = functools.partial(self._fill_gradients, buffers), _constants(self._optimizer)
        if self._record is None:
            return _Held(buffers, (), constants, backward, self._change_weights)
        first = self._record(backward, None)
        gradients = [(weight, weight.grad) for weight in self._weights]
        second = self._record(functools.partial(self._change_weights, recording=True), first)
        return _Held(buffers, gradients, constants, first.replay, second.replay)

    def _fill_gradients(self, batches: Batches) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        self._sums += self._backward(batches)

    def _change_weights(self, *, recording: bool = False) -> None:
        with _rates_of(self._optimizer, self._rates, capturable=recording):
            self._update()


@dataclass(frozen=True)
class _Held:
    """A step on buffers of its own.

    Args:
        buffers: what it reads instead of the batches.
        gradients: where it leaves those of each weight; nothing where they are made anew at each step.
        constants: of the optimizer, that are part of ``update``.
        backward, update: the two halves.
    """

    buffers: Batches
    gradients: Sequence[tuple[Tensor, Tensor | None]]
    constants: list[dict[str, object]]
    backward: Callable[[], None]
    update: Callable[[], None]

    def take(self, batches: Batches) -> None:
        for buffers, batch in zip(self.buffers, batches, strict=True):
            for buffer, each in zip(buffers, batch, strict=True):
                buffer.copy_(each, non_blocking=True)


def _check(optimizer: torch.optim.Optimizer) -> None:
    if not all(group.get("fused") for group in optimizer.param_groups):
        raise UserError(
            f"{type(optimizer).__name__} is not built with fused=True, so its step cannot be part of a CUDA graph",
            place="train.cuda_graph",
            remedy="use sgd, adam or adamw, or set train.cuda_graph: false",
        )


def _on_device(rate: float, device: torch.device) -> Tensor:
    """A learning rate as the fused kernels read it: a float32 on CUDA, a double on the CPU."""
    return torch.tensor(rate, dtype=torch.float32 if device.type == "cuda" else torch.float64, device=device)


def _constants(optimizer: torch.optim.Optimizer) -> list[dict[str, object]]:
    """What a recorded step of the optimizer holds fast: its numbers, but for the learning rates."""
    return [
        {name: value for name, value in group.items() if name != "lr" and isinstance(value, (int, float, tuple))}
        for group in optimizer.param_groups
    ]


@contextmanager
def _rates_of(optimizer: torch.optim.Optimizer, rates: Sequence[Tensor], *, capturable: bool) -> Iterator[None]:
    """Let the optimizer read its learning rates from the device; schedules and checkpoints see the numbers again."""
    before = [dict(group) for group in optimizer.param_groups]
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
        if (
            "capturable" in group
        ):  # fused steps are; torch refuses to record without the word, and warns of it elsewhere
            group["capturable"] = capturable
    try:
        yield
    finally:
        for group, known in zip(optimizer.param_groups, before, strict=True):
            group.update(known)


@functools.lru_cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all trainings of a process, since cuBLAS keeps a workspace for each stream that it was used on."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@contextmanager
def _beside(device: torch.device) -> Iterator[None]:
    """Run the block on the stream that is recorded later, between what comes before and after it."""
    if device.type != "cuda":
        yield
        return
    side = _side_stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        yield
    torch.cuda.current_stream(device).wait_stream(side)


def _recorded(device: torch.device, work: Callable[[], None], before: Recording | None) -> torch.cuda.CUDAGraph:
    """A CUDA graph of what ``work`` does; see ``Recorder``.

    Raises:
        UserError: the work waits for the device, or does something else that cannot be recorded.
        torch.OutOfMemoryError: the device's memory is full.
    """
    graph = torch.cuda.CUDAGraph()
    pool = None if before is None else before.pool()
    try:
        # other threads may fetch data meanwhile, which only the mode for one thread lets them
        with (
            torch.cuda.device(device),
            torch.cuda.graph(graph, pool=pool, stream=_side_stream(device), capture_error_mode="thread_local"),
        ):
            work()
    except RuntimeError as error:
        first = error.__context__ or error  # ending a broken recording fails once more
        if isinstance(first, torch.OutOfMemoryError):
            raise first from None
        raise UserError(
            f"the step cannot be recorded: {str(first).splitlines()[0]}",
            place="train.cuda_graph",
            remedy="set train.cuda_graph: false, or leave out the component that waits for the device",
        ) from error
    return graph
