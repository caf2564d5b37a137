"""A worker process: computes one stage after another until its parent ends it or is gone."""

from __future__ import annotations

import importlib
import json
import os
import queue
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from filelock import Timeout

from ablation.errors import UserError
from ablation.experiment.execution.messages import Assignment, Setup, StageBegan, StageEnded, StageEpoch, Stop
from ablation.experiment.execution.slots import pinned
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import log_epoch
from ablation.stage import OUTCOME, Core, Stage, Stopped, Workspace


def run_worker(connection: Connection[Any, Any]) -> None:
    """Compute the stages that the parent assigns; never returns."""
    setup: Setup = connection.recv()
    parent = _Parent(connection)
    threading.Thread(target=parent.listen, daemon=True).start()
    sys.path.insert(0, str(setup.import_from))
    core = cast("Core", importlib.import_module(setup.core))
    while True:
        connection.send(_do(parent.assignments.get(), core, setup, parent))


@dataclass(frozen=True)
class _Parent:
    """The parent, with its assignments that are not started and the addresses of stages to stop."""

    connection: Connection[Any, Any]
    assignments: queue.Queue[Assignment] = field(default_factory=queue.Queue)
    stopping: set[str] = field(default_factory=set)

    def listen(self) -> None:
        """Receive its messages, in a separate thread, so that its death ends this process at once."""
        while True:
            try:
                self.receive(self.connection.recv())
            except (EOFError, OSError):
                os._exit(1)

    def receive(self, message: Assignment | Stop) -> None:
        if isinstance(message, Stop):
            self.stopping.add(message.address)
        else:
            self.stopping.discard(message.stage.address)  # a stop may have arrived after the end of an earlier attempt
            self.assignments.put(message)

    def raise_if_stopping(self, address: str) -> None:
        if address in self.stopping:
            raise Stopped


def _do(assignment: Assignment, core: Core, setup: Setup, parent: _Parent) -> StageEnded:
    address, assigned = assignment.stage.address, time.perf_counter()
    store = ContentStore(setup.store)
    try:
        with store.lock(address).acquire(timeout=0):
            if not store.has(address):
                with _slot(assignment.alone, setup):
                    parent.raise_if_stopping(address)
                    waiting = time.perf_counter() - assigned
                    parent.connection.send(StageBegan(address))
                    output = _execute(assignment.stage, core, setup, parent)
                    outcome = output / OUTCOME
                    outcome.write_text(json.dumps(json.loads(outcome.read_text()) | {"waiting": waiting}))
                    store.commit(output, address)
        return StageEnded(address, "done")
    except Timeout:
        return StageEnded(address, "busy")
    except Stopped:
        return StageEnded(address, "stopped")
    except Exception as error:
        if _is_out_of_memory(error):
            return StageEnded(address, "out of memory", str(error))
        return StageEnded(address, "failed", _reason(error))


def _is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, as Python, torch or a CUDA library reports it."""
    by_type = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return by_type or any(words in str(error) for words in ("out of memory", "ALLOC_FAILED"))


def _reason(error: Exception) -> str:
    """What is wrong; tables show the last line."""
    if isinstance(error, UserError):
        return "; ".join(line.strip() for line in str(error).splitlines())
    return traceback.format_exc()


@contextmanager
def _slot(alone: bool, setup: Setup) -> Iterator[None]:
    if alone:
        with setup.slots.all():
            yield
    else:
        with setup.slots.one() as number, pinned(number if setup.pin else None):
            yield


def _execute(stage: Stage, core: Core, setup: Setup, parent: _Parent) -> Path:
    """Let the core do the stage; returns the folder of its files."""
    store = ContentStore(setup.store)
    scratch = store.scratch(stage.address)
    output = scratch / "output"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    workspace = Workspace(
        output=output,
        scratch=scratch,
        inputs={role: store.folder(address) for role, address in stage.needs.items()},
        datasets=store.datasets,
        checkpoint_seconds=setup.checkpoint_seconds,
        helpers=setup.helpers,
    )

    def progress(number: int, metrics: Mapping[str, float]) -> None:
        log_epoch(scratch, number, metrics)
        parent.connection.send(StageEpoch(stage.address, number, metrics))
        parent.raise_if_stopping(stage.address)

    core.execute(stage.kind, stage.task, workspace, progress)
    return output
