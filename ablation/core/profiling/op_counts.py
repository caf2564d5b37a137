"""What one training step asks of its device: floating-point operations and bytes, counted and not estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

_WRITTEN_BLINDLY = frozenset({"copy_", "fill_", "zero_", "normal_", "uniform_", "random_", "bernoulli_"})
"""Operations in place that do not read what they write over."""


@dataclass(frozen=True)
class Work:
    """What one step asks of its device.

    Args:
        flops: of its matrix products and convolutions, a multiplication and an addition each counting one.
        moved: bytes that its operations read and write, by the most that one of them moves, rounded down to a power of
            two: what fits into a cache may move faster than memory does.
    """

    flops: int
    moved: Mapping[int, int]

    @property
    def bytes(self) -> int:
        """All that its operations read and write."""
        return sum(self.moved.values())


def work_of(step: Callable[[], object], device: torch.device) -> Work:
    """What a step asks of a device, counted while it runs once.

    FLOPs are those of the operations that PyTorch has a formula for; bytes those of each operation's distinct input and
    output tensors on the device, as eager PyTorch moves them: views and allocations move nothing, and what a kernel
    reads twice counts once.
    """
    with FlopCounterMode(display=False) as counter, _Traffic(device) as traffic:
        step()
    return Work(counter.get_total_flops(), dict(traffic.moved))


class _Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sums the bytes that operations read and write on a device."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.moved: Counter[int] = Counter()
        self._device = device.type

    def __torch_dispatch__(
        self, func: OpOverload, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        result = func(*args, **given)
        if not _allocates(func):
            moved = sum(map(_bytes, self._moved(func, args, given, result)))
            if moved:
                self.moved[1 << moved.bit_length() - 1] += moved
        return result

    def _moved(self, func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Iterator[Tensor]:
        """The tensors that an operation reads, then those that it writes; none where it writes nothing."""
        written = [(argument, value) for argument, value in _given(func, args, kwargs) if _is_written(argument)]
        read, changed = self._distinct((args, kwargs)), self._distinct([value for _, value in written])
        storages = {each.untyped_storage().data_ptr() for each in read}
        made = [each for each in self._distinct(result) if each.untyped_storage().data_ptr() not in storages]
        if not (changed or made):
            return
        blindly = _name(func) in _WRITTEN_BLINDLY
        unread = self._distinct([value for argument, value in written if blindly or argument.is_out])
        yield from (each for each in read if all(each is not other for other in unread))
        yield from (*changed, *made)

    def _distinct(self, tree: Any) -> list[Tensor]:
        """The tensors on the device in nested values, each once."""
        tensors = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor) and leaf.device.type == self._device)
        return list({id(each): each for each in tensors}.values())


def _name(func: OpOverload) -> str:
    return str(func.overloadpacket.__name__)


def _allocates(func: OpOverload) -> bool:
    return _name(func).startswith(("empty", "new_empty"))


def _given(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[torch.Argument, Any]]:
    """The arguments of an operation's schema that it was called with, and their values."""
    for place, argument in enumerate(func._schema.arguments):
        if argument.name in kwargs:
            yield argument, kwargs[argument.name]
        elif place < len(args):
            yield argument, args[place]


def _is_written(argument: torch.Argument) -> bool:
    """By the schema; that of the fused optimizers has it of gradients too, which they only write with a scaler."""
    return argument.alias_info is not None and argument.alias_info.is_write and argument.name != "grads"


def _bytes(tensor: Tensor) -> int:
    """The size of what a tensor holds: an expanded one no more than what it is expanded from."""
    return min(tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes())
