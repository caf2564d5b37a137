"""``ablation tune`` on the stand-in core, in processes of their own that tests may kill."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import signal
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from rich.console import Console
from standin_run import pool
from standin_study import standin_study

from ablation.experiment.execution.executor import Executor
from ablation.experiment.store.content_store import ContentStore
from ablation.workflow.options import Options
from ablation.workflow.tuning import Searched, work_on

PROCESSES = 4
_PRELOADED = (
    "standin_tune",
    "ablation.reporting.texts.tuning_progress",
    "ablation.tracking.ledger",
    "mlflow.store.tracking.sqlalchemy_store",
    "ablation.tuning.trial_queue",
    "ablation.tuning.driver",
    "ablation.recording.study_projection",
    "ablation.recording.study_recorder",
    "ablation.tuning.storage",
    "ablation.tuning.summary",
    "sklearn.linear_model",
    "sklearn.tree",
)
"""Imported once by the server that forks the processes: each then starts in milliseconds."""


def some_fail(values: Mapping[str, Any]) -> str:
    """One value of gamma in six makes a training that fails."""
    return "error:99" if 1.0 < values["loss.gamma"] < 1.8 else ""


def searched(root: Path, study_of: Mapping[str, Any], url: str | None = None, jobs: int = 1) -> Searched:
    """Work on a stand-in study with its record, as ``ablation.tune`` does on a file's.

    Args:
        study_of: what ``standin_study`` takes.
        url: of Optuna's storage; None for the default.
    """
    from ablation.tuning.storage import open_storage
    from ablation.tuning.study import open_study

    study, options = standin_study(**study_of), Options(root, device="cpu", jobs=jobs)
    optuna_study = open_study(open_storage(root, url), study.plan, study.own)
    workers = pool(root, jobs, slots=PROCESSES * jobs)
    with contextlib.closing(Executor({}, ContentStore(root), workers, ())) as executor:
        return work_on(study, optuna_study, executor, jobs, options, Console(file=io.StringIO()))


def start(root: Path, study_of: Mapping[str, Any], url: str | None = None, jobs: int = 1) -> BaseProcess:
    """Start ``searched`` in a process that ends with 0, or with 130 after SIGINT."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    process = context.Process(target=_main, args=(root, study_of, url, jobs))
    process.start()
    return process


def _main(root: Path, study_of: Mapping[str, Any], url: str | None, jobs: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        searched(root, study_of, url, jobs)
    except KeyboardInterrupt:
        os._exit(130)
    os._exit(0)
