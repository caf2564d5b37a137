"""Details: what a long report reads from the store beside the table."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score
from standin_plan import standin_plan
from standin_store import finish, finished

from ablation.analysis.verdict.details import ByClass, ladder_details
from ablation.experiment.store.content_store import ContentStore
from ablation.metrics.predictions import Predictions


@pytest.fixture(scope="module")
def plan():
    return standin_plan(variants=4, replicates=3)


@pytest.fixture(scope="module")
def store(plan, tmp_path_factory) -> ContentStore:
    return finished(plan, tmp_path_factory.mktemp("store"))


def test_confusions_are_summed_over_replicates_as_scikit_learn_counts_them(plan, store):
    for row in ladder_details(plan, store):
        kept = [store.predictions(run.test) for run in plan.runs_of(row.variant)]
        expected = sum(confusion_matrix(each.labels, each.decisions, labels=[0, 1, 2]) for each in kept)
        assert np.array_equal(row.by_class.confusion, expected)


def test_class_accuracy_is_recall_with_its_spread_over_replicates(plan, store):
    for row in ladder_details(plan, store):
        kept = [store.predictions(run.test) for run in plan.runs_of(row.variant)]
        recalls = np.array([recall_score(each.labels, each.decisions, average=None) for each in kept])
        assert row.by_class.class_accuracy == pytest.approx(recalls)
        assert row.by_class.mean == pytest.approx(recalls.mean(axis=0))
        assert row.by_class.sd == pytest.approx(recalls.std(axis=0, ddof=1))


def test_rows_tell_what_their_rung_changed_and_how_the_first_replicate_learned(plan, store):
    found = ladder_details(plan, store)
    assert [row.variant for row in found] == list(plan.ladder_rows)
    assert found[0].differences == ()
    assert found[2].differences == plan.rungs[1].differences
    run = plan.runs_of("baseline")[0]
    assert found[0].history == store.outcome(run.train)["history"]
    assert (found[0].trained, found[0].by_class.classes) == (0, ("a", "b", "c"))


def test_a_missing_run_marks_its_row_and_leaves_the_others_of_the_row(plan, store, tmp_path):
    holed = ContentStore(tmp_path / "store")
    shutil.copytree(store.root, holed.root)
    gone = plan.runs_of("+ rung 1")[0]
    shutil.rmtree(holed.folder(gone.test))
    row = ladder_details(plan, holed)[1]
    assert (row.complete, row.finished, row.replicates, row.failures) == (False, 2, 3, ())
    assert row.by_class.confusion.sum() == 2 * 40
    assert row.trained == 0  # its training is there all the same


def test_a_failed_run_says_why_once(plan, tmp_path):
    store = ContentStore(tmp_path)
    for run in plan.runs_of("+ rung 1"):
        store.fail(run.train, "Traceback\nMemoryError: no room")
    row = ladder_details(plan, store)[1]
    assert row.failures == ("MemoryError: no room",)
    assert (row.finished, row.by_class, row.history, row.trained, row.findings) == (0, None, (), None, ())


def test_the_first_trained_replicate_is_reported_where_the_first_one_is_missing(plan, tmp_path):
    store = ContentStore(tmp_path)
    second = plan.runs_of("baseline")[1]
    finish([plan.stages[address] for address in second.needed], store)
    row = ladder_details(plan, store)[0]
    assert (row.trained, row.finished) == (1, 1)


def test_only_the_rows_of_the_ladder_are_read(plan, store, monkeypatch):
    read = []
    monkeypatch.setattr(ContentStore, "predictions", lambda self, address: read.append(address) or _empty())
    short = dataclasses.replace(plan, ladder_rows=plan.ladder_rows[:2], rungs=plan.rungs[:1])
    ladder_details(short, store)
    wanted = {run.test for name in plan.ladder_rows[:2] for run in plan.runs_of(name)}
    assert set(read) == wanted


def _empty() -> Predictions:
    return Predictions.of(np.eye(3, dtype=np.float32), np.arange(3), np.arange(3))


def test_merged_classes_are_numbered_and_absent_ones_have_no_accuracy(plan, store, monkeypatch):
    two = Predictions.of(np.array([[0.9, 0.1], [0.2, 0.8]], dtype=np.float32), np.array([0, 0]), np.arange(2))
    monkeypatch.setattr(ContentStore, "predictions", lambda self, address: two)
    tested = ladder_details(plan, store)[0].by_class
    assert tested.classes == ("0", "1")
    assert tested.mean == pytest.approx([0.5, np.nan], nan_ok=True)


def test_one_replicate_has_no_spread():
    tested = ByClass(("a", "b"), np.eye(2, dtype=np.int64), np.array([[1.0, 0.5]]))
    assert np.isnan(tested.sd).all()
