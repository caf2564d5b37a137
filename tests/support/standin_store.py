"""A store as the stand-in core leaves it, filled in this process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import standin_core

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import Stage, Workspace


def finished(plan: Plan, root: Path) -> ContentStore:
    """The store with every stage of a stand-in plan."""
    store = ContentStore(root)
    finish(plan.stages.values(), store)
    return store


def finish(stages: Iterable[Stage], store: ContentStore) -> None:
    """Do some stages, in their order; those they need are there."""
    for stage in stages:
        workspace = Workspace(
            output=store.scratch(stage.address) / "output",
            scratch=store.scratch(stage.address),
            inputs={role: store.folder(address) for role, address in stage.needs.items()},
            datasets=store.datasets,
            checkpoint_seconds=0.0,
        )
        workspace.output.mkdir(parents=True)
        standin_core.execute(stage.kind, stage.task, workspace, lambda number, metrics: None)
        store.commit(workspace.output, stage.address)
