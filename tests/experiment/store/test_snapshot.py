"""A snapshot says what the store says, and goes on saying it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.snapshot import Snapshot
from ablation.stage import OUTCOME


def test_an_outcome_is_read_once_and_stays_what_it_was(tmp_path: Path) -> None:
    store = _with(tmp_path, "aa11", {"seconds": 1.0})
    seen = Snapshot(tmp_path)
    assert seen.outcome("aa11") == store.outcome("aa11") == {"seconds": 1.0}
    _with(tmp_path, "aa11", {"seconds": 2.0})
    assert seen.outcome("aa11") == {"seconds": 1.0}
    assert store.outcome("aa11") == {"seconds": 2.0}


def test_what_was_missing_stays_missing_and_is_refused_as_the_store_refuses_it(tmp_path: Path) -> None:
    seen = Snapshot(tmp_path)
    assert not seen.has("bb22")
    with pytest.raises(FileNotFoundError):
        seen.outcome("bb22")
    _with(tmp_path, "bb22", {})
    assert not seen.has("bb22")
    assert Snapshot(tmp_path).has("bb22")


def test_two_snapshots_of_a_store_are_equal(tmp_path: Path) -> None:
    one, other = Snapshot(tmp_path), Snapshot(tmp_path)
    one.has("cc33")
    assert one == other


def _with(root: Path, address: str, outcome: dict[str, float]) -> ContentStore:
    store = ContentStore(root)
    store.folder(address).mkdir(parents=True, exist_ok=True)
    (store.folder(address) / OUTCOME).write_text(json.dumps(outcome))
    return store
