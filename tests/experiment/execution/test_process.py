from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from ablation.experiment.execution.process import Process, spawn

SUPPORT = Path(__file__).parents[2] / "support"


def started(target: str) -> Process:
    return spawn(f"child_targets:{target}", {**os.environ, "PYTHONPATH": str(SUPPORT)})


def test_a_process_is_reached_by_its_connection_and_killed_by_close() -> None:
    process = started("last")
    assert process.connection.recv() == "hello"
    assert psutil.Process(process.handle.pid).ppid() == os.getpid()
    with pytest.raises(subprocess.TimeoutExpired):
        process.handle.wait(0.01)
    process.close()
    assert process.connection.closed
    assert not psutil.pid_exists(process.handle.pid)


def test_a_process_ends_with_its_connection() -> None:
    process = started("last_with_parent")
    assert process.connection.recv() == "hello"
    process.connection.close()
    process.handle.wait(5)
