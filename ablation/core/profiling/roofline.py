"""The least time of a training step on a device: its operations and bytes over the device's measured peaks.

Each operation's traffic has the bandwidth that was measured for as many bytes: small tensors stay in a faster cache.
Source: Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance model"; Ilic, Pratas and
Sousa 2014, "Cache-aware roofline model"; the share of the arithmetic peak alone is the MFU of Chowdhery et al. 2022,
arXiv:2204.02311, with the FLOPs counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from ablation.core.profiling.op_counts import Work, work_of
from ablation.core.timing import seconds_of

_REPEATS, _LONGEST = 12, 0.7
"""Measurements of a peak, of which the fastest counts, and the seconds after which there are no more: a processor
without bfloat16 takes minutes for what others do in milliseconds."""

_MATRIX, _CHANNELS = {"cpu": 1024, "cuda": 8192}, {"cpu": 128, "cuda": 512}
"""Side of the matrices and channels of the convolution: tens of milliseconds on one core, one on a large GPU."""

_MOVED = {"cpu": tuple(2**power for power in (15, 18, 20, 22, 24, 26, 28)), "cuda": (2**24, 2**27, 2**31)}
"""Bytes that are moved to measure bandwidths: from the size of a core's cache to more than any cache."""


@dataclass(frozen=True)
class Peak:
    """The measured peaks of a device: FLOPs per second, and bytes read and written per second.

    Bandwidths are by the bytes that an operation moves; that of the most bytes is the memory's, the others a cache's.
    """

    flops: float
    bandwidths: Mapping[int, float]

    @property
    def bandwidth(self) -> float:
        """Bandwidth of the memory, in bytes per second."""
        return self.bandwidths[max(self.bandwidths)]

    def byte_seconds(self, moved: Mapping[int, int]) -> float:
        """The least seconds of some traffic; see ``Work.moved``."""
        return sum(bytes / self._fastest(size) for size, bytes in moved.items())

    def _fastest(self, size: int) -> float:
        """The highest bandwidth of operations that move this much or more; small ones are slowed by their start."""
        below = max((measured for measured in self.bandwidths if measured <= size), default=0)
        return max(rate for measured, rate in self.bandwidths.items() if measured >= below)

    def best_with(self, other: Peak) -> Peak:
        """The higher of two measurements of each peak: other work on the machine may have slowed one of them."""
        bandwidths = {size: max(rate, other.bandwidths[size]) for size, rate in self.bandwidths.items()}
        return Peak(max(self.flops, other.flops), bandwidths)


@dataclass(frozen=True)
class Roofline:
    """A step of measured ``seconds`` compared with the least time of its work."""

    work: Work
    peak: Peak
    seconds: float

    @property
    def flop_seconds(self) -> float:
        """Seconds of its arithmetic at the peak."""
        return self.work.flops / self.peak.flops

    @property
    def byte_seconds(self) -> float:
        """Seconds of its memory traffic, each operation at the bandwidth measured for as many bytes."""
        return self.peak.byte_seconds(self.work.moved)

    @property
    def floor_seconds(self) -> float:
        """The greater of the two, which can overlap."""
        return max(self.flop_seconds, self.byte_seconds)

    @property
    def bound(self) -> Literal["arithmetic", "memory"]:
        """Which of the two is greater."""
        return "arithmetic" if self.flop_seconds >= self.byte_seconds else "memory"

    @property
    def share(self) -> float:
        """The floor over the measured time: at 1 the step reaches the device's limit."""
        return self.floor_seconds / self.seconds

    @property
    def mfu(self) -> float:
        """Model FLOPs utilisation: the arithmetic at its peak over the measured time."""
        return self.flop_seconds / self.seconds


def peak_of(device: torch.device, dtype: torch.dtype) -> Peak:
    """The device's current peaks, with torch's current threads: the best of several measurements.

    The arithmetic peak is the faster of a large matrix product and a large convolution, since cuDNN may round float32
    (TF32) where matrix products do not.
    """
    product, convolution = _product(device, dtype), _convolution(device, dtype)
    rates = (work_of(run, device).flops / _fastest(run, device) for run in (product, convolution))
    return Peak(max(rates), {size: _bandwidth(size, device) for size in _MOVED[device.type]})


def _bandwidth(moved: int, device: torch.device) -> float:
    """Bytes per second of the faster of a copy and an in-place negation; writes of the latter need no fetch."""
    source = torch.ones(moved // 8, device=device)  # four bytes each, read and written
    target = torch.empty_like(source)
    probes: tuple[Callable[[], Tensor], ...] = (lambda: target.copy_(source), lambda: source.neg_())
    return moved / min(_fastest(run, device) for run in probes)


def _product(device: torch.device, dtype: torch.dtype) -> Callable[[], Tensor]:
    side = _MATRIX[device.type]
    left, right = (_random((side, side), device).to(dtype) for _ in range(2))
    return lambda: left @ right


def _convolution(device: torch.device, dtype: torch.dtype) -> Callable[[], Tensor]:
    channels = _CHANNELS[device.type]
    shapes = (16, channels, 28, 28), (channels, channels, 3, 3)
    images, weight = (_random(shape, device).to(dtype=dtype, memory_format=torch.channels_last) for shape in shapes)
    return lambda: F.conv2d(images, weight, padding=1)


def _random(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Random numbers, as in a network: on zeros a GPU draws less power and runs faster."""
    return torch.randn(shape, device=device, generator=torch.Generator(device).manual_seed(0))


def _fastest(run: Callable[[], object], device: torch.device) -> float:
    """Seconds of the fastest of several calls."""
    times: list[float] = []
    while not times or (len(times) < _REPEATS and sum(times) < _LONGEST):
        times.append(seconds_of(run, device))
    return min(times)
