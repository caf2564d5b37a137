"""Which models a ladder shows in MLflow's own format, and what each is made of."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import WEIGHTS


class ExportError(Exception):
    """A model could not be made; the first line of the text says why. The next run tries again."""


@dataclass(frozen=True)
class Export:
    """What a run's model is made of.

    Args:
        uri: of MLflow's store.
        run_id: of the run, which is closed.
        task: of its predictions.
        history: of its training.
        weights: the file.
        classes: that the network tells apart.
        path: where modules are looked for, those of the user's own components among them.
    """

    uri: str
    run_id: str
    task: Mapping[str, Any]
    history: tuple[Mapping[str, float], ...]
    weights: Path
    classes: int
    path: tuple[str, ...]


def exported_runs(plan: Plan) -> Iterator[Run]:
    """The runs whose models are exported: the first replicate of the baseline, and of the last rung."""
    for row in dict.fromkeys((plan.ladder_rows[0], plan.full_row)):
        run = plan.runs_of(row)[0]
        if plan.stages[run.test].kind == "predict":  # one model, and nothing that changes what it says
            yield run


def export_of(run: Run, run_id: str, uri: str, plan: Plan, store: ContentStore) -> Export:
    """The export of a finished run."""
    classes = store.predictions(run.test).probabilities.shape[1]
    history = tuple(store.outcome(run.train)["history"])
    task, weights = plan.stages[run.test].task, store.folder(run.train) / WEIGHTS
    return Export(uri, run_id, task, history, weights.absolute(), classes, (task["folder"], *sys.path))
