from __future__ import annotations

import json
from pathlib import Path

from standin_core import MADE_WITH
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.provenance import provenance
from ablation.stage import OUTCOME


def test_a_run_says_what_its_stages_were_made_with(tmp_path: Path) -> None:
    plan = standin_plan()
    store = finished(plan, tmp_path)
    assert {tuple(provenance(run, store).items()) for run in plan.runs} == {tuple(MADE_WITH.items())}


def rewrite(store: ContentStore, address: str, made_with: dict[str, str] | None) -> None:
    outcome = store.outcome(address) | {"made_with": made_with}
    if made_with is None:
        del outcome["made_with"]
    (store.folder(address) / OUTCOME).write_text(json.dumps(outcome))


def test_a_run_that_is_missing_or_older_says_nothing(tmp_path: Path) -> None:
    plan, empty = standin_plan(), ContentStore(tmp_path / "empty")
    assert provenance(plan.runs[0], empty) == {}
    store = finished(plan, tmp_path / "full")
    for address in plan.runs[0].needed:
        rewrite(store, address, None)
    assert provenance(plan.runs[0], store) == {}


def test_a_training_made_with_another_version_shows_beside_its_predictions(tmp_path: Path) -> None:
    plan = standin_plan()
    store = finished(plan, tmp_path)
    rewrite(store, plan.runs[0].train, {**MADE_WITH, "torch": "1.0"})
    assert provenance(plan.runs[0], store)["torch"] == "1.0 2.0"
