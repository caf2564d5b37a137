from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ablation.errors import UserError
from ablation.workflow.background import DeferredRecorder, imported_meanwhile


def modules(folder: Path, monkeypatch: pytest.MonkeyPatch, **sources: str) -> None:
    monkeypatch.syspath_prepend(folder)
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_modules_are_there_once_the_block_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules(tmp_path, monkeypatch, takes_long="import time; time.sleep(0.2)\nDONE = True", after_it="")
    began = time.monotonic()
    with imported_meanwhile(["takes_long", "after_it"]):
        assert time.monotonic() - began < 0.2
        assert "after_it" not in sys.modules
    assert sys.modules["takes_long"].DONE
    assert "after_it" in sys.modules


def test_one_that_fails_is_left_to_those_who_want_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules(tmp_path, monkeypatch, is_broken="1 / 0", is_whole="")
    with imported_meanwhile(["is_broken", "no_such_module_here", "is_whole"]):
        pass
    assert "is_broken" not in sys.modules
    assert "is_whole" in sys.modules


def test_where_the_block_fails_only_the_present_one_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules(tmp_path, monkeypatch, the_present="import time; time.sleep(0.3)\nDONE = True", the_next="")

    def interrupted() -> None:
        time.sleep(0.1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), imported_meanwhile(["the_present", "the_next"]):
        interrupted()
    assert sys.modules["the_present"].DONE
    assert "the_next" not in sys.modules


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


def test_what_happens_before_it_is_there_is_reported_in_order_and_once() -> None:
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
