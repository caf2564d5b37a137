"""The best of a study on disk: frozen once, by the process with the most trials."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.tuned_store import load_all_tuned, load_tuned, store_tuned

TUNED = Tuned(
    study="x: + c", row="+ c", definition="d", each=False, metric="accuracy",
    values={"optimizer.lr": 0.1, "loss": "focal", "ema": True}, number=1, score=0.9, own_score=0.8, trials=8, pruned=1,
    failed=2, replicates=1, sampler="tpe", pruner="none", own={"optimizer.lr": 0.01}, patch={"optimizer": {"lr": 0.1}},
    importances=(Importance("optimizer.lr", 0.9, 0.8, 1.0, 0.1, 0.05, 0.15),),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path)


def test_what_is_kept_comes_back(store: ContentStore) -> None:
    each = dataclasses.replace(TUNED, each=True, score=0.7)
    assert load_tuned("d", False, store) is None
    for tuned in (TUNED, each):
        store_tuned(tuned, store)
    assert (load_tuned("d", False, store), load_tuned("d", True, store)) == (TUNED, each)
    assert set(map(repr, load_all_tuned(store))) == {repr(TUNED), repr(each)}


def test_what_is_unknown_stays_unknown(store: ContentStore) -> None:
    store_tuned(dataclasses.replace(TUNED, own_score=math.nan), store)
    back = load_tuned("d", False, store)
    assert back is not None
    assert math.isnan(back.own_score)
    assert dataclasses.replace(back, own_score=0.8) == TUNED


def test_one_with_more_trials_stays(store: ContentStore) -> None:
    for trials in (5, 9, 7):
        store_tuned(dataclasses.replace(TUNED, trials=trials), store)
    assert [tuned.trials for tuned in load_all_tuned(store)] == [9]


def test_a_file_of_the_version_before_is_read(store: ContentStore) -> None:
    file = store.root / "studies" / "d.json"
    file.parent.mkdir()
    file.write_text(json.dumps(dataclasses.asdict(TUNED), indent=1))
    assert load_tuned("d", False, store) == TUNED


def test_a_damaged_file_is_an_error_that_names_it(store: ContentStore) -> None:
    store_tuned(TUNED, store)
    (file,) = (store.root / "studies").iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(UserError, match=rf"^{file}: the best of a study .* cannot be read\n  remove the file"):
        load_tuned("d", False, store)
