"""Which models are exported: of delivered runs that have none yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recording.projection import LadderProjection
from ablation.tracking.ledger import Ledger
from ablation.tracking.names import Tag
from ablation.tracking.store import open_store


def projected(plan: Plan, root: Path) -> LadderProjection:
    """A finished plan on record."""
    projection = LadderProjection(plan, finished(plan, root), Ledger.open(open_store(root), plan.name))
    for run in plan.runs:
        projection.deliver(run)
    return projection


def test_a_run_that_was_not_delivered_or_has_its_model_wants_none(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=1)
    projection = projected(plan, root)
    first, last = plan.runs[0], plan.runs[-1]
    assert projection.wanted_export(first) is not None
    projection.record_of(first).tag({Tag.MODEL: "models:/m-1"})
    assert projection.wanted_export(first) is None
    other = LadderProjection(plan, ContentStore(root), Ledger.open(open_store(root), "another"))
    assert other.wanted_export(last) is None


def test_the_users_own_components_are_found(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=1)
    stage = plan.stages[plan.runs[0].test]
    plan.stages[stage.address] = replace(stage, task={**stage.task, "folder": "/home/one/experiments"})  # type: ignore[index]
    export = projected(plan, root).wanted_export(plan.runs[0])
    assert export is not None
    assert export.path[0] == "/home/one/experiments"
