from __future__ import annotations

import time
from contextlib import suppress

import pytest

from ablation.recording import block_timer as module
from ablation.recording.block_timer import BlockTimer


def test_only_what_is_inside_blocks_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 4.0, 10.0, 12.0, 13.0, 14.0])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    watch = BlockTimer()  # 0
    with watch:  # 1 to 4
        pass
    with watch:  # from 10
        assert watch.seconds == 3.0 + 2.0  # at 12
    assert watch.seconds == 3.0 + 3.0
    assert watch.share == 6.0 / 14.0


def test_a_failure_counts_too() -> None:
    watch = BlockTimer()
    with suppress(KeyError), watch:
        time.sleep(0.01)
        raise KeyError
    assert 0.01 <= watch.seconds < 10
    assert 0 < watch.share <= 1
