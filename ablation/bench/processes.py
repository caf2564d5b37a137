"""Runs contestants as processes, like a user's scripts, and times them from start to end."""

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
from ablation.experiment.execution.worker_pool import worker_environment


@dataclass(frozen=True)
class Timed:
    """A job that a process has finished.

    Args:
        seconds: from the start of the process to its end.
        answer: its result.
    """

    seconds: float
    answer: Answer


class FailedError(Exception):
    """A contestant's process gave no answer; the message is the last line that it printed."""


def timed(contestant: Contestant, job: Job, processors: int | None = None) -> Timed:
    """Run a job in a new process, under the environment of a worker of ``ablation run``.

    Args:
        processors: number of processors that the process may use; None for all.

    Raises:
        FailedError: the process failed or printed no answer.
    """
    with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
        file = Path(folder) / "job.json"
        file.write_text(job.to_json(), encoding="utf-8")
        command = [sys.executable, "-m", contestant.module, str(file)]
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=worker_environment(job.threads), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        _bind(process, processors)
        output, errors = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode:
        raise FailedError(_last_line(errors) or f"exit code {process.returncode}")
    try:
        return Timed(seconds, Answer.from_output(output))
    except ValueError as error:
        raise FailedError(str(error)) from error


def in_turn(contestants: Sequence[Contestant], runs: int) -> Iterator[Contestant]:
    """A B C, A B C, ...: interleaved, so that changes of the machine's speed affect all alike."""
    for _ in range(runs):
        yield from contestants


def command_seconds(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Seconds that an ``ablation`` command takes, from the start of its process to its end.

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
