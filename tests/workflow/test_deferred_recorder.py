from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from ablation.errors import UserError
from ablation.workflow.deferred_recorder import DeferredRecorder


class Told:
    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def began(self, address: str) -> None:
        self.told.append(("began", address))

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        self.told.append(("epoch", address, number, metrics))

    def done(self, address: str) -> None:
        self.told.append(("done", address))

    def failed(self, address: str, reason: str) -> None:
        self.told.append(("failed", address, reason))


def test_what_happens_before_it_is_there_is_told_in_order_and_once() -> None:
    told, there = Told(), threading.Event()

    def opened() -> Told:
        assert there.wait(10)
        return told

    recorder = DeferredRecorder(opened)  # type: ignore[arg-type]
    recorder.began("a")
    recorder.epoch("a", 1, {"loss": 0.5})
    assert told.told == []
    there.set()
    assert recorder.opened() is told  # type: ignore[comparison-overlap]
    recorder.done("a")
    recorder.failed("b", "no luck")
    assert told.told == [("began", "a"), ("epoch", "a", 1, {"loss": 0.5}), ("done", "a"), ("failed", "b", "no luck")]


def test_what_keeps_it_from_coming_is_raised() -> None:
    def opened() -> Any:
        raise UserError("no store")

    recorder = DeferredRecorder(opened)
    with pytest.raises(UserError, match="no store"):
        recorder.opened()
    with pytest.raises(UserError, match="no store"):
        recorder.began("a")
