"""Which models a ladder shows in MLflow's own format, and their export by a process that does nothing else.

It computes on the CPU, whatever the training ran on.
"""

import gc
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import WEIGHTS
from ablation.tracking.names import Tag


class ExportError(Exception):
    """A model could not be made; the first line of the text says why. The next run tries again."""


@dataclass(frozen=True)
class Export:
    """What a run's model is made of: its store and id in MLflow, the task of its predictions, its training's history.

    Args:
        weights: the file.
        classes: number of the network's outputs.
        path: folders in which modules are searched, such as those of the user's own components.
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
        if plan.stages[run.test].kind == "predict":  # one model, and nothing that changes its predictions
            yield run


def export_of(run: Run, run_id: str, uri: str, plan: Plan, store: ContentStore) -> Export:
    """The export of a finished run."""
    classes = store.predictions(run.test).probabilities.shape[1]
    history = tuple(store.outcome(run.train)["history"])
    task, weights = plan.stages[run.test].task, store.folder(run.train) / WEIGHTS
    return Export(uri, run_id, task, history, weights.absolute(), classes, (task["folder"], *sys.path))


def export_model(export: Export) -> None:
    """Give a run its model in MLflow's own format, with a tag of its URI.

    Raises:
        TrackingError: MLflow could not take it.
        ExportError: torch could not export it.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # no library may make a context there
    gc.disable()  # a graph is many small objects, all of them alive: looking for dead ones takes a tenth of the time
    sys.path[:] = export.path
    from ablation.tracking.failure import TrackingError

    try:
        publish_model(export)
    except TrackingError as error:
        raise type(error)(str(error)) from None  # its cause cannot be sent to another process
    except Exception as error:
        reason = f"a model could not be exported: {type(error).__name__}: {error}"
        raise ExportError(f"{reason}\n{traceback.format_exc()}") from None


def publish_model(export: Export) -> None:
    """``export_model`` without the changes to this process."""
    import numpy as np

    from ablation.core.device import configured
    from ablation.core.prediction.predict import trained_model
    from ablation.core.task import Task
    from ablation.recipe.inference import Predictor
    from ablation.tracking.model import log_model
    from ablation.tracking.record import RunRecord

    task = Task.from_json({**export.task, "device": "cpu"}).trained_under(export.history)
    recipe, side = task.recipe, task.recipe.data.image_size
    record = RunRecord.of(export.uri, export.run_id)
    example = np.zeros((2, 3, side, side), dtype=np.float32)
    with configured(recipe.train.model_copy(update={"threads": 1})):
        model = trained_model(task, export.weights, export.classes)
        uri = log_model(record, Predictor.of(model, recipe.data, recipe.inference), example)
    record.log(tags={Tag.MODEL: uri})
