from __future__ import annotations

from pathlib import Path

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished

import ablation
from ablation.experiment.store.plan_store import store_plan
from ablation.reporting.tables.terminal import plain


def test_status_counts_the_runs_by_their_state(tmp_path: Path) -> None:
    file, plan = tmp_path / "x.yaml", standin_plan()
    file.write_text(SMALL)
    store = finished(plan, tmp_path / "store")
    store_plan(plan, file, store)
    store.discard(plan.runs[-1].test)
    status = ablation.status(file, ablation.Options(store.root))
    gone = [run for run in plan.runs if run.test == plan.runs[-1].test]
    assert (status.results["status"] == "missing").sum() == len(gone)
    assert f"{len(plan.runs) - len(gone)} of {len(plan.runs)} runs finished" in str(status)


@pytest.mark.parametrize("experiments", ["x.yaml", Path("x.yaml"), [], ["x.yaml"]])
def test_one_experiment_is_compared_with_nothing(experiments: list[str]) -> None:
    with pytest.raises(ablation.UserError, match="nothing to be compared with"):
        ablation.compare(experiments)


def test_an_outcome_has_the_table_and_the_results_of_its_runs(tmp_path: Path) -> None:
    plan = standin_plan()
    outcome = ablation.Outcome(plan, {}, finished(plan, tmp_path))
    assert f"{outcome.table()}\n" == plain(outcome.table())
    assert outcome.table("macro_f1").metric.name == "macro_f1"
    assert list(outcome.results()["variant"]) == [run.variant for run in plan.runs]
    with pytest.raises(ablation.UserError, match="acuracy"):
        outcome.table("acuracy")
