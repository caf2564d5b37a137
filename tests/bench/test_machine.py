from __future__ import annotations

import datetime
import os
import platform
import shlex
import sys

import psutil
import pytest
import torch

from ablation.bench.machine import Machine


def test_a_machine_is_described_as_the_system_describes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ablation", "bench", "trainer", "a file.yaml"])
    machine = Machine.here("cpu", ["numpy", "no-such-distribution"])
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.memory == pytest.approx(psutil.virtual_memory().total / 2**30, abs=0.06)
    assert machine.versions["python"] == platform.python_version()
    assert machine.versions["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert "numpy" in machine.versions
    assert "no-such-distribution" not in machine.versions
    assert datetime.datetime.fromisoformat(machine.date).tzinfo is not None
    assert shlex.split(machine.command) == ["ablation", "bench", "trainer", "a file.yaml"]
