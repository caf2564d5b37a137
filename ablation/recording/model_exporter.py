"""The export of a model, by a process that does nothing else; it computes on the CPU whatever the training did."""

import gc
import os
import sys
import traceback

from ablation.recording.model_exports import Export, ExportError
from ablation.tracking.names import Tag


def export_model(export: Export) -> None:
    """Give a run its model in MLflow's own format, with a tag that says where.

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
    """``export_model``, whatever else this process does."""
    import numpy as np

    from ablation.core.device import configured
    from ablation.core.prediction import trained_model
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
    record.tag({Tag.MODEL: uri})
