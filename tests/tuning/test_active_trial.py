from __future__ import annotations

import math
from pathlib import Path

import pytest

from ablation.experiment.search.study_plan import Tryout
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import log_epoch
from ablation.stage import Stage
from ablation.tuning.active_trial import failure_of, name_in_epochs, scores_of_epochs

FIRST, SECOND, VAL = (letter * 64 for letter in "abc")


@pytest.fixture
def tryout() -> Tryout:
    """A training in two parts, and its prediction."""
    stages = (
        Stage(FIRST, "train", {}, {}, work=1.0),
        Stage(SECOND, "train", {}, {"state": FIRST}, work=1.0),
        Stage(VAL, "predict", {}, {"weights": SECOND}, work=0.0),
    )
    return Tryout({stage.address: stage for stage in stages}, SECOND, VAL)


def test_epochs_are_read_over_all_parts_and_an_unmeasured_one_is_nan(tryout: Tryout, tmp_path: Path) -> None:
    store, name = ContentStore(tmp_path), name_in_epochs("accuracy")
    assert scores_of_epochs(tryout, "accuracy", store) == {}
    for address, number, metrics in ((FIRST, 1, {name: 0.5}), (FIRST, 2, {"loss": 1.0}), (SECOND, 3, {name: 0.75})):
        store.scratch(address).mkdir(parents=True, exist_ok=True)
        log_epoch(store.scratch(address), number, metrics)
    scores = scores_of_epochs(tryout, "accuracy", store)
    assert list(scores) == [1, 2, 3]
    assert (scores[1], scores[3]) == (0.5, 0.75)
    assert math.isnan(scores[2])


def test_a_failure_is_the_last_line_of_the_first_failed_stages_reason(tryout: Tryout) -> None:
    assert failure_of(tryout, {"d" * 64: "another's"}) == ""
    assert failure_of(tryout, {SECOND: "needs it", FIRST: "Traceback\n  ...\nValueError: no\n"}) == "ValueError: no"
