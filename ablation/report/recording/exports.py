"""Models in MLflow's own format, made by a process beside the trainings.

Importing torch and tracing a network takes seconds, and the process of a ladder that only records needs no torch.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from ablation.core.processors import processors
from ablation.core.stage import WEIGHTS
from ablation.experiment.lanes import Lanes, machine_folder
from ablation.experiment.plan import Plan, Run
from ablation.experiment.pool import environment
from ablation.experiment.store import ContentStore

MODEL = "ablation.model"
"""Tag with the address of a run's model in MLflow's own format."""


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
    return Export(uri, run_id, task, history, weights.absolute(), classes, tuple(sys.path))


class Exports:
    """Exports that were asked for, and the process that makes them; there is none before the first.

    Args:
        lanes: those that the trainings take, which it stays beside; None for the CPU's, one a processor.
    """

    def __init__(self, lanes: Lanes | None = None) -> None:
        self._lanes = lanes or Lanes(machine_folder(), "cpu", processors())
        self._asked: set[str] = set()
        self._waiting = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None

    def ask(self, export: Export) -> None:
        """Have a model exported, once; returns at once."""
        if export.run_id not in self._asked:
            self._asked.add(export.run_id)
            with suppress(OSError):  # it has died, which ``wait`` tells
                self._opened().send(export)
            self._waiting += 1

    def wait(self) -> None:
        """Wait until all that was asked for is on record.

        Raises:
            TrackingError: MLflow could not take one.
            ExportError: torch could not export one, or the process died.
        """
        from ablation.tracking.failure import TrackingError

        while self._waiting:
            self._waiting -= 1
            try:
                error: Exception | str | None = self._opened().recv()
            except (EOFError, OSError):
                error = "the process that exports models has died (out of memory?)"
            if error is not None:
                self._asked.clear()
                self.close()
                raise error if isinstance(error, TrackingError) else ExportError(error)

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._process is not None and self._connection is not None:
            self._connection.close()
            self._process.kill()
            self._process.wait()
        self._process, self._connection, self._waiting = None, None, 0

    def _opened(self) -> Connection[Any, Any]:
        if self._connection is None:
            ours, theirs = Pipe()
            # a process group of its own keeps Ctrl-C for the parent, whose end it notices
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ablation.report.recording.exporter", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env=environment(threads=1) | {"CUDA_VISIBLE_DEVICES": ""},  # no library may make a context there
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
            theirs.close()
            self._connection = ours
            ours.send(self._lanes)
        return self._connection
