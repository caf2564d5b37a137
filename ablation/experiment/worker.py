"""A worker process: does one stage after another until its parent says stop or is gone."""

from __future__ import annotations

import importlib
import os
import queue
import shutil
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, cast

from filelock import Timeout

from ablation.core.stage import Core, Workspace
from ablation.errors import UserError
from ablation.experiment.lanes import Lanes, pinned
from ablation.experiment.messages import Assignment, Began, Ended, Epoch, Setup
from ablation.experiment.store import ContentStore


def main(handle: int) -> None:
    """Serve the parent at the other end of the connection ``handle``."""
    connection: Connection[Any, Any] = Connection(handle)
    setup: Setup = connection.recv()
    inbox = _inbox(connection)
    sys.path.insert(0, str(setup.import_from))
    core = cast("Core", importlib.import_module(setup.core))
    while (assignment := inbox.get()) is not None:
        connection.send(_do(assignment, core, setup, connection))


def _inbox(connection: Connection[Any, Any]) -> queue.Queue[Assignment | None]:
    """What the parent sends, read by a thread of its own so that the parent's death ends this process at once."""
    inbox: queue.Queue[Assignment | None] = queue.Queue()

    def read() -> None:
        while True:
            try:
                inbox.put(connection.recv())
            except (EOFError, OSError):
                os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return inbox


def _do(assignment: Assignment, core: Core, setup: Setup, connection: Connection[Any, Any]) -> Ended:
    address = assignment.stage.address
    store = ContentStore(setup.store)
    try:
        with store.lock(address).acquire(timeout=0):
            if not store.has(address):
                with _lane(assignment, setup):
                    connection.send(Began(address))
                    _execute(assignment, core, store, setup, connection)
        return Ended(address, "done")
    except Timeout:
        return Ended(address, "busy")
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return Ended(address, "out of memory", str(error))
        return Ended(address, "failed", _reason(error))


def _reason(error: Exception) -> str:
    """A text whose last line, the one that tables show, says what is wrong."""
    if isinstance(error, UserError):
        return "; ".join(line.strip() for line in str(error).splitlines())
    return traceback.format_exc()


@contextmanager
def _lane(assignment: Assignment, setup: Setup) -> Iterator[None]:
    lanes = Lanes(setup.lane_folder, setup.lane_kind, setup.lanes)
    if assignment.alone:
        with lanes.all():
            yield
    else:
        with lanes.one() as number, pinned(number if setup.pin else None):
            yield


def _execute(
    assignment: Assignment, core: Core, store: ContentStore, setup: Setup, connection: Connection[Any, Any]
) -> None:
    stage = assignment.stage
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
    )

    def progress(number: int, metrics: Mapping[str, float]) -> None:
        connection.send(Epoch(stage.address, number, metrics))

    core.execute(stage.kind, stage.task, workspace, progress)
    store.commit(output, stage.address)


if __name__ == "__main__":
    main(int(sys.argv[1]))
