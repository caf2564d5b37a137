"""The process that exports models: one after another, until its parent is gone.

It computes on the CPU whatever the trainings use, in the time that they leave, and no latency is measured beside it.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ablation.experiment.lanes import Lanes
    from ablation.report.recording.exports import Export


_POLITE = 10
"""Of the system's priorities: a training beside it gets nine tenths of a processor."""


def main(handle: int) -> None:
    """Serve the parent at the other end of the connection ``handle``.

    It sends the lanes, then exports; each of those is answered by its error or None.
    """
    connection: Connection[Any, Any] = Connection(handle)
    os.nice(_POLITE)
    lanes: Lanes = connection.recv()
    exports: queue.SimpleQueue[Export] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, exports), daemon=True).start()
    while True:
        connection.send(_answer(exports.get(), lanes))


def _listen(connection: Connection[Any, Any], exports: queue.SimpleQueue[Export]) -> None:
    """Read what the parent sends, in a thread of its own, so that its death ends this process at once."""
    while True:
        try:
            exports.put(connection.recv())
        except (EOFError, OSError):
            os._exit(1)


def _answer(export: Export, lanes: Lanes) -> Exception | str | None:
    with lanes.beside():  # what it imports first takes seconds of a processor, too
        return _error_of(export)


def _error_of(export: Export) -> Exception | str | None:
    sys.path[:] = export.path
    from ablation.tracking.failure import TrackingError

    try:
        publish_model(export)
    except TrackingError as error:
        return type(error)(str(error))
    except Exception as error:
        return f"a model could not be exported: {type(error).__name__}: {error}\n{traceback.format_exc()}"
    return None


def publish_model(export: Export) -> None:
    """Give a run its model in MLflow's own format, with a tag that says where."""
    import numpy as np

    from ablation.core.predict import trained_model
    from ablation.core.task import Task
    from ablation.recipe.inference import Predictor
    from ablation.report.recording.exports import MODEL
    from ablation.tracking.model import log_model
    from ablation.tracking.record import Record

    task = Task.from_json({**export.task, "device": "cpu"}).trained_under(export.history)
    recipe, side = task.recipe, task.recipe.data.image_size
    model = trained_model(task, export.weights, export.classes)
    record = Record.of(export.uri, export.run_id)
    example = np.zeros((2, 3, side, side), dtype=np.float32)
    uri = log_model(record, Predictor.of(model, recipe.data, recipe.inference), example)
    record.tag({MODEL: uri})


if __name__ == "__main__":
    main(int(sys.argv[1]))
