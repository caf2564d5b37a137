from __future__ import annotations

import math
from pathlib import Path

import pytest
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import log_epoch, logged_epochs

ADDRESS = "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    store = ContentStore(tmp_path)
    store.scratch(ADDRESS).mkdir(parents=True)
    return store


def test_a_training_that_was_not_begun_has_none(store: ContentStore) -> None:
    assert logged_epochs(ADDRESS, store) == {}
    assert logged_epochs("b" * 64, store) == {}


def test_what_is_noted_is_read_by_number_and_what_is_trained_again_counts_once(store: ContentStore) -> None:
    for number in (1, 2, 3, 2, 3, 4):
        log_epoch(store.scratch(ADDRESS), number, {"val/accuracy": number / 10})
    assert list(logged_epochs(ADDRESS, store)) == [1, 2, 3, 4]
    assert logged_epochs(ADDRESS, store)[3] == {"val/accuracy": 0.3}


def test_numbers_that_are_not_finite_come_back(store: ContentStore) -> None:
    log_epoch(store.scratch(ADDRESS), 1, {"train/loss": math.nan, "val/loss": math.inf})
    record = logged_epochs(ADDRESS, store)[1]
    assert math.isnan(record["train/loss"])
    assert record["val/loss"] == math.inf


@pytest.mark.parametrize("kept", range(1, 30))
def test_half_a_line_that_a_kill_left_spoils_no_other(store: ContentStore, kept: int) -> None:
    file = store.scratch(ADDRESS) / "epochs.jsonl"
    log_epoch(store.scratch(ADDRESS), 1, {"val/accuracy": 0.5})
    whole = file.read_text()
    log_epoch(store.scratch(ADDRESS), 2, {"val/accuracy": 0.6})
    file.write_text(whole + file.read_text()[len(whole) :][:kept])
    assert set(logged_epochs(ADDRESS, store)) <= {1, 2}
    log_epoch(store.scratch(ADDRESS), 2, {"val/accuracy": 0.6})
    assert logged_epochs(ADDRESS, store) == {1: {"val/accuracy": 0.5}, 2: {"val/accuracy": 0.6}}


def test_a_finished_training_has_those_of_its_outcome(tmp_path: Path) -> None:
    plan = standin_plan(epochs=3)
    store, train = finished(plan, tmp_path), plan.runs[0].train
    assert list(logged_epochs(train, store).values()) == store.outcome(train)["history"]
    assert list(logged_epochs(train, store)) == [1, 2, 3]
