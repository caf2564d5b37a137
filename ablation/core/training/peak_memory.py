"""Peak memory of a training, as the system counts it: measured beside the work, never by sampling it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch

MEGABYTE = 2**20

_PROCESS = Path("/proc/self")
_FORGET_PEAK = "5"
"""Written to ``clear_refs``, it sets the peak of the resident memory back to what is resident now (proc(5))."""


@dataclass(frozen=True)
class PeakMemory:
    """The most memory in use since the measure began, in megabytes of 2^20 bytes.

    On CUDA: what PyTorch holds in tensors on the device, without its cache of freed blocks and the CUDA context. On the
    CPU: what of the whole process is resident, so the interpreter, the libraries (a few hundred megabytes with
    PyTorch) and the images read so far are in it, and a process that trained before may start higher than a new one;
    differences between variants say more than the number. A measure costs two system calls and changes no result.

    Args:
        device: that is measured.
        begun: whether the system could be told to forget the peak before; otherwise nothing is measured.
    """

    device: torch.device
    begun: bool

    @classmethod
    def from_now(cls, device: torch.device) -> PeakMemory:
        """A measure that begins now, one at a time in a process; the device is a CPU or CUDA."""
        if device.type == "cuda":
            # The peak of a device that nothing has used yet cannot be reset before this.
            torch.cuda.init()  # type: ignore[no-untyped-call]
            torch.cuda.reset_peak_memory_stats(device)
            return cls(device, begun=True)
        try:
            (_PROCESS / "clear_refs").write_text(_FORGET_PEAK)
        except OSError:  # no Linux, or one that keeps /proc from its processes
            return cls(device, begun=False)
        return cls(device, begun=True)

    @property
    def megabytes(self) -> float | None:
        """The peak so far; None where the system cannot tell (CPU on another system than Linux)."""
        if not self.begun:
            return None
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / MEGABYTE
        found = re.search(r"^VmHWM:\s*(\d+) kB$", (_PROCESS / "status").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 / MEGABYTE if found else None
