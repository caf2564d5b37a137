from __future__ import annotations

import json
from pathlib import Path

from standin_core import MADE_WITH
from standin_plan import standin_plan
from standin_store import finished

from ablation.core.stage import OUTCOME
from ablation.experiment.provenance import provenance
from ablation.experiment.store import ContentStore


def test_a_run_tells_what_its_test_prediction_was_made_with(tmp_path: Path) -> None:
    plan = standin_plan()
    store = finished(plan, tmp_path)
    assert {tuple(provenance(run, store).items()) for run in plan.runs} == {tuple(MADE_WITH.items())}


def test_a_prediction_that_is_missing_or_older_tells_nothing(tmp_path: Path) -> None:
    plan, empty = standin_plan(), ContentStore(tmp_path / "empty")
    assert provenance(plan.runs[0], empty) == {}
    store = finished(plan, tmp_path / "full")
    outcome = store.outcome(plan.runs[0].test)
    del outcome["made_with"]
    (store.folder(plan.runs[0].test) / OUTCOME).write_text(json.dumps(outcome))
    assert provenance(plan.runs[0], store) == {}
