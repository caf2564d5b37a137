"""Frozen studies without trials: what ``tune`` would leave in the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ablation.experiment.config.file import Experiment
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.tuned_store import store_tuned


def context_of(experiment: Experiment, folder: Path) -> PlanningContext:
    """An experiment on this machine, its store below the folder."""
    return PlanningContext(experiment, ContentStore(folder / "store"), torch.device("cpu"), "x.yaml")


def frozen(plan: StudyPlan, values: Mapping[str, Any], store: ContentStore, trials: int = 8) -> Tuned:
    """The study of a plan, with these values as its best, kept in the store."""
    tuned = Tuned(
        study=plan.name,
        row=plan.row,
        definition=plan.definition,
        each=plan.each,
        metric=plan.metric,
        values=values,
        number=3,
        score=0.9,
        own_score=0.8,
        trials=trials,
        pruned=0,
        failed=0,
        replicates=plan.replicates,
        sampler=plan.sampler,
        pruner=plan.pruner,
    )
    store_tuned(tuned, store)
    return tuned
