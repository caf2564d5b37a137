from __future__ import annotations

import time
from pathlib import Path

import pytest
from filelock import FileLock

from ablation.tuning.heartbeat import TrialWorker, is_dead


@pytest.mark.parametrize(("silent", "dead"), [(10.0, False), (300.0, True)])
def test_another_machines_worker_is_dead_after_two_minutes_of_silence(
    silent: float, dead: bool, tmp_path: Path
) -> None:
    mark = {"boot": "another", "lock": str(tmp_path / "absent"), "beat": time.time() - silent}
    assert is_dead(mark) is dead


def test_this_machines_worker_is_dead_when_its_lock_is_free(tmp_path: Path) -> None:
    worker = TrialWorker.here(tmp_path)
    mark = worker.mark() | {"beat": 0.0}
    with FileLock(worker.lock):
        assert not is_dead(mark)
        assert not is_dead(mark)
    Path(worker.lock).touch()
    assert is_dead(mark)
    assert is_dead(mark)
