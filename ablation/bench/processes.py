"""Contestants as processes: started like a user's scripts, timed from start to end, in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablation.bench.job import Answer, Job
from ablation.bench.trainers import Contestant
from ablation.errors import UserError
from ablation.experiment.execution.worker_pool import environment


@dataclass(frozen=True)
class Timed:
    """A job done by a process.

    Args:
        seconds: from the start of the process to its end.
        answer: what it found.
    """

    seconds: float
    answer: Answer


class FailedError(Exception):
    """A contestant's process came to no answer; its text is the last line of what it said."""


def timed(contestant: Contestant, job: Job, processors: int | None = None) -> Timed:
    """Have a job done, under the environment that a worker of ``ablation run`` has, whoever does it.

    Args:
        processors: how many the process may use; None for all.

    Raises:
        FailedError: it was not done.
    """
    with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
        told = Path(folder) / "job.json"
        told.write_text(job.to_json(), encoding="utf-8")
        command = [sys.executable, "-m", contestant.module, str(told)]
        given = environment(job.threads)
        began = time.perf_counter()
        process = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        _bind(process, processors)
        out, said = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode:
        raise FailedError(_last_line(said) or f"exit code {process.returncode}")
    try:
        return Timed(seconds, Answer.from_output(out))
    except ValueError as error:
        raise FailedError(str(error)) from error


def in_turn(contestants: Sequence[Contestant], runs: int) -> Iterator[Contestant]:
    """A B C, A B C, ...: what the machine does meanwhile meets all of them alike."""
    for _ in range(runs):
        yield from contestants


def command_seconds(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Seconds that an ``ablation`` command takes as a user types it, from the start of its process to its end.

    Raises:
        UserError: it failed.
    """
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ablation.cli", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise UserError(f"ablation {' '.join(arguments)} failed: {_last_line(done.stderr)}", place="ablation bench")
    return seconds


def _bind(process: subprocess.Popen[str], processors: int | None) -> None:
    if processors is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:processors])


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
