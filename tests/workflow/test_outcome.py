from __future__ import annotations

from pathlib import Path

import pytest
from standin_plan import standin_plan
from standin_store import finished

from ablation.errors import UserError
from ablation.reporting.tables.terminal import plain
from ablation.workflow.outcome import Outcome


def test_an_outcome_has_the_table_and_the_results_of_its_runs(tmp_path: Path) -> None:
    plan = standin_plan()
    outcome = Outcome(plan, {}, finished(plan, tmp_path))
    assert f"{outcome.table()}\n" == plain(outcome.table())
    assert outcome.table("macro_f1").metric.name == "macro_f1"
    assert list(outcome.results()["variant"]) == [run.variant for run in plan.runs]
    with pytest.raises(UserError, match="acuracy"):
        outcome.table("acuracy")
