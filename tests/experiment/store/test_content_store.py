from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from filelock import Timeout

from ablation.experiment.store.content_store import ContentStore
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
