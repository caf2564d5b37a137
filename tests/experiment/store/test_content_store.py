from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from filelock import Timeout

from ablation.experiment.store.content_store import ContentStore, Snapshot
from ablation.stage import OUTCOME, PREDICTIONS

ADDRESS = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "store")


def output(store: ContentStore) -> Path:
    folder = store.scratch(ADDRESS) / "output"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures" / "deep.txt").write_text("deep")
    (folder / OUTCOME).write_text(json.dumps({"seconds": 1.5}))
    numbers = dict.fromkeys(("decisions", "labels", "ids"), np.arange(2))
    np.savez(folder / PREDICTIONS, probabilities=np.eye(2, dtype=np.float32), **numbers)
    return folder


def test_a_stage_is_there_once_it_is_committed_and_its_scratch_is_gone(store: ContentStore) -> None:
    folder = output(store)
    assert not store.has(ADDRESS)
    store.commit(folder, ADDRESS)
    assert store.has(ADDRESS)
    assert store.outcome(ADDRESS) == {"seconds": 1.5}
    assert (store.folder(ADDRESS) / "figures" / "deep.txt").read_text() == "deep"
    assert not store.scratch(ADDRESS).exists()


def test_predictions_come_back_as_they_were_left(store: ContentStore) -> None:
    store.commit(output(store), ADDRESS)
    kept = store.predictions(ADDRESS)
    np.testing.assert_array_equal(kept.probabilities, np.eye(2))
    assert (kept.labels.tolist(), kept.ids.tolist()) == ([0, 1], [0, 1])


def test_a_failure_is_kept_until_the_stage_is_done(store: ContentStore) -> None:
    assert store.failure(ADDRESS) is None
    store.fail(ADDRESS, "out of memory")
    assert store.failure(ADDRESS) == "out of memory"
    store.commit(output(store), ADDRESS)
    assert store.failure(ADDRESS) is None


def test_one_holder_an_address(store: ContentStore) -> None:
    with store.lock(ADDRESS), pytest.raises(Timeout):
        ContentStore(store.root).lock(ADDRESS).acquire(timeout=0)
    with store.lock(ADDRESS):
        pass


def test_looking_into_a_store_makes_nothing(store: ContentStore) -> None:
    assert not store.has(ADDRESS)
    assert store.failure(ADDRESS) is None
    assert not store.root.exists()


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
