from __future__ import annotations

import shutil
from pathlib import Path

from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.results import collect
from ablation.experiment.store.selection_scores import selection_scores


def test_scores_and_costs_are_those_of_the_results_without_the_test_set(tmp_path: Path) -> None:
    plan = standin_plan(variants=3, replicates=2)
    store = finished(plan, tmp_path)
    scores = selection_scores(plan, store)
    assert not any(column.startswith("test/") for column in scores.columns)
    assert scores.equals(collect(plan, store)[list(scores.columns)])


def test_a_run_without_validation_predictions_has_no_row(tmp_path: Path) -> None:
    plan = standin_plan(variants=3, replicates=2)
    store = finished(plan, tmp_path)
    missing = plan.runs[-1]
    shutil.rmtree(store.folder(missing.val))
    rows = selection_scores(plan, store)
    expected = [(run.variant, run.replicate) for run in plan.runs if run.val != missing.val]
    assert list(zip(rows.variant, rows.replicate, strict=True)) == expected
