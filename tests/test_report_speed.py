"""A report on a large store is a matter of seconds."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.plan_store import store_plan

MOST_SECONDS = 10.0


@pytest.mark.slow
def test_a_report_on_two_thousand_runs_takes_less_than_ten_seconds(tmp_path: Path) -> None:
    plan, file, store = standin_plan(variants=40, replicates=50), tmp_path / "x.yaml", tmp_path / "store"
    file.write_text(SMALL)
    store_plan(plan, file, finished(plan, store))
    assert len(plan.runs) == 2000
    command = [sys.executable, "-m", "ablation.cli", "report", str(file), "--store", str(store)]
    attempts = [_timed(command) for _ in range(3)]
    assert min(seconds for seconds, _ in attempts) < MOST_SECONDS
    assert sum(line.startswith("+ rung") for line in attempts[0][1].splitlines()) >= 39


def _timed(command: list[str]) -> tuple[float, str]:
    """Seconds of processor time, since others may share the machine, and what was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout
