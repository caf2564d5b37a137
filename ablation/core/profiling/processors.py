"""The processors of this machine; imports no torch."""

import os


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def doublings(most: int) -> tuple[int, ...]:
    """1, 2, 4, ... and ``most``: the numbers of threads or processes to try."""
    return tuple(sorted({*(2**power for power in range(most.bit_length())), most}))
