"""Runs of the stand-in core, in processes of their own that tests may kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil
from standin_plan import standin_plan

from ablation.experiment.execution.executor import Executor, Observer
from ablation.experiment.execution.fork_server import process_starter
from ablation.experiment.execution.messages import Setup
from ablation.experiment.execution.process import StartProcess, spawn
from ablation.experiment.execution.worker_pool import WorkerPool, worker_environment
from ablation.experiment.store.content_store import ContentStore

_PRELOADED = (
    "ablation.experiment.execution.executor",
    "ablation.recording.ladder_recorder",
    "ablation.recording.projection",
    "ablation.tracking.ledger",
    "mlflow.store.tracking.sqlalchemy_store",
)
"""Imported once by the server that forks the runs: each then starts in milliseconds."""


def pool(root: Path, jobs: int = 2, slots: int | None = None, start: StartProcess | None = None) -> WorkerPool:
    """Workers with the stand-in core; the slots lie beside the store.

    Args:
        start: them; None for a new interpreter each.
    """
    setup = Setup(
        store=root,
        core="standin_core",
        import_from=Path(__file__).parent,
        slot_folder=root / "slots",
        slot_kind="cpu",
        slots=slots or jobs,
        pin=False,
        checkpoint_seconds=0.0,
    )
    return WorkerPool(setup, jobs, start or partial(spawn, environment=worker_environment(threads=1)))


def execute(root: Path, plan_of: Mapping[str, Any], *observers: Observer, jobs: int = 2) -> Mapping[str, str]:
    """Run a stand-in plan without a record; gives the failures."""
    return Executor(standin_plan(**plan_of).stages, ContentStore(root), pool(root, jobs), observers).run()


def recorded(root: Path, plan_of: Mapping[str, Any], jobs: int = 2) -> Mapping[str, str]:
    """Run a stand-in plan with its record, as ``ablation.run`` does; gives the failures."""
    from ablation.recording.ladder_recorder import LadderRecorder
    from ablation.tracking.store import open_store

    plan, store = standin_plan(**plan_of), ContentStore(root)
    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), print)
    recorder.start()
    try:
        with process_starter((), worker_environment(threads=1)) as start:
            failures = Executor(plan.stages, store, pool(root, jobs, start=start), [recorder]).run()
    except BaseException:
        recorder.finish("KILLED", lambda projection: None)
        raise
    recorder.finish("FAILED" if failures else "FINISHED", lambda projection: None)
    return failures


def start(root: Path, jobs: int = 2, **plan_of: Any) -> BaseProcess:
    """StartProcess ``recorded`` in a process that is 0 when everything is done, 1 with failures, 130 after SIGINT."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    process = context.Process(target=_main, args=(root, plan_of, jobs))
    process.start()
    return process


def _main(root: Path, plan_of: Mapping[str, Any], jobs: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert "torch" not in sys.modules, "the stand-in's processes are there to be fast"
    try:
        failures = recorded(root, plan_of, jobs)
    except KeyboardInterrupt:
        os._exit(130)
    os._exit(1 if failures else 0)


def family(process: BaseProcess) -> list[psutil.Process]:
    """A run's process, its workers and what forks them; none when it is gone."""
    try:
        run = psutil.Process(process.pid)
        return [run, *run.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still does something; one that is dead but not buried does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def workers_here() -> list[psutil.Process]:
    """The workers that this process has, and what forks them; not the server of ``start``."""
    return [each for each in psutil.Process().children(recursive=True) if "-m ablation.experiment." in _command(each)]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def wait_for(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
