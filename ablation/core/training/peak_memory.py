"""Peak memory of a training, from the counters of torch and the system; nothing is sampled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch

MEGABYTE = 2**20

_PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class PeakMemory:
    """The greatest memory in use since the measurement began, in megabytes of 2^20 bytes.

    On CUDA: PyTorch's tensors on the device, without its cache of freed blocks and the CUDA context. On the CPU: the
    resident memory of the whole process, including the interpreter, the libraries (a few hundred megabytes with
    PyTorch) and the images read so far; a process that trained before may start higher than a new one. Differences
    between variants say more than the number. A measurement costs two system calls and changes no result. It has
    ``begun`` if the system reset the earlier peak; otherwise nothing is measured.
    """

    device: torch.device
    begun: bool

    @classmethod
    def from_now(cls, device: torch.device) -> PeakMemory:
        """Begin a measurement, one at a time in a process; the device is a CPU or CUDA."""
        if device.type == "cuda":
            # the peak of a device that is not used yet cannot be reset before this
            torch.cuda.init()  # type: ignore[no-untyped-call]
            torch.cuda.reset_peak_memory_stats(device)
            return cls(device, begun=True)
        try:
            (_PROCESS / "clear_refs").write_text("5")  # resets the peak of the resident memory: proc(5)
        except OSError:  # no Linux, or /proc is not writable
            return cls(device, begun=False)
        return cls(device, begun=True)

    @property
    def megabytes(self) -> float | None:
        """The peak so far; None where the system does not report it (CPU on another system than Linux)."""
        if not self.begun:
            return None
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / MEGABYTE
        peak = re.search(r"^VmHWM:\s*(\d+) kB$", (_PROCESS / "status").read_text(), re.MULTILINE)
        return int(peak[1]) * 1024 / MEGABYTE if peak else None
