"""Floating-point operations and bytes of one training step, counted while it runs."""

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

_OVERWRITING = frozenset({"copy_", "fill_", "zero_", "normal_", "uniform_", "random_", "bernoulli_"})
"""In-place operations that do not read the tensor that they overwrite."""


@dataclass(frozen=True)
class Work:
    """Operations and memory traffic of one step.

    Args:
        flops: of its matrix products and convolutions; a multiplication and an addition count one each.
        moved: bytes that its operations read and write, grouped by the bytes of a single operation, rounded down to a
            power of two: small operations may use a cache, which is faster than memory.
    """

    flops: int
    moved: Mapping[int, int]

    @property
    def bytes(self) -> int:
        """Bytes that all operations read and write."""
        return sum(self.moved.values())


def work_of(step: Callable[[], object], device: torch.device) -> Work:
    """Run a step once and count its operations and bytes on a device.

    FLOPs are those of the operations that PyTorch has a formula for. Bytes are those of each operation's distinct input
    and output tensors on the device, as eager PyTorch moves them: views and allocations move nothing, and a tensor that
    a kernel reads twice counts once.
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
        keywords = kwargs or {}
        result = func(*args, **keywords)
        if not _name(func).startswith(("empty", "new_empty")):  # an allocation moves nothing
            moved = sum(map(_bytes, self._moved(func, args, keywords, result)))
            if moved:
                self.moved[1 << moved.bit_length() - 1] += moved
        return result

    def _moved(self, func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Iterator[Tensor]:
        """The tensors that an operation reads, then those that it writes; none where it writes nothing."""
        written = [(argument, value) for argument, value in _passed(func, args, kwargs) if _is_written(argument)]
        read, changed = self._distinct((args, kwargs)), self._distinct([value for _, value in written])
        storages = {tensor.untyped_storage().data_ptr() for tensor in read}
        made = [new for new in self._distinct(result) if new.untyped_storage().data_ptr() not in storages]
        if not (changed or made):
            return
        overwrites = _name(func) in _OVERWRITING
        unread = self._distinct([value for argument, value in written if overwrites or argument.is_out])
        yield from (tensor for tensor in read if all(tensor is not other for other in unread))
        yield from (*changed, *made)

    def _distinct(self, tree: Any) -> list[Tensor]:
        """The tensors on the device in nested values, each once."""
        tensors = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor) and leaf.device.type == self._device)
        return list({id(tensor): tensor for tensor in tensors}.values())


def _name(func: OpOverload) -> str:
    return str(func.overloadpacket.__name__)


def _passed(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[torch.Argument, Any]]:
    """The arguments of an operation's schema that the call passed, with their values."""
    for position, argument in enumerate(func._schema.arguments):
        if argument.name in kwargs:
            yield argument, kwargs[argument.name]
        elif position < len(args):
            yield argument, args[position]


def _is_written(argument: torch.Argument) -> bool:
    """Whether the schema says so; fused optimizers' say it of gradients, which they write with a scaler only."""
    return argument.alias_info is not None and argument.alias_info.is_write and argument.name != "grads"


def _bytes(tensor: Tensor) -> int:
    """The bytes of a tensor; of an expanded one, the bytes of its storage."""
    return min(tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes())
