"""The trainers that are compared: which recipes each can follow, and how it runs, as a process like a user's script."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ablation.bench.job import Answer, Job
from ablation.errors import UserError, nearest
from ablation.experiment.execution.worker_pool import worker_environment
from ablation.recipe.recipe import Recipe


@dataclass(frozen=True)
class Contestant:
    """A trainer that is compared.

    Args:
        name: in tables; also the name of its module in ``ablation.bench.peers``.
        library: the distribution that it needs; also the name of the module to import.
    """

    name: str
    library: str

    @property
    def missing(self) -> str:
        """How to install its library; empty if it is installed."""
        if importlib.util.find_spec(self.library) is not None:
            return ""
        return f"not installed: pip install {self.library}, or uv sync --group bench"


OURS = Contestant("ours", "torch")
CROPPED = Contestant("cropped", "torch")
"""The plain loop on our network; not a peer, as that network comes with this package."""

PLAIN = Contestant("plain", "torch")
PEERS = (PLAIN, *(Contestant(name, name) for name in ("lightning", "accelerate", "fastai", "skorch")))


def peers_of(names: Sequence[str]) -> tuple[Contestant, ...]:
    """The peers with these names, all if there is none, in the order of ``PEERS``; ``UserError`` for an unknown one."""
    choices = [peer.name for peer in PEERS]
    for name in names:
        if name not in choices:
            raise UserError(f"no peer {name!r}", place="--peer", remedy=nearest(name, choices))
    return tuple(peer for peer in PEERS if not names or peer.name in names)


def check(row: str, recipe: Recipe, contestants: Sequence[Contestant]) -> None:
    """Raise ``UserError`` if a row's recipe has settings that not all contestants support."""
    unsupported = beyond_scripts(recipe)
    if any(contestant != PLAIN for contestant in contestants):
        unsupported += beyond_peers(recipe)
    if unsupported:
        raise UserError(
            f"{row} sets {', '.join(unsupported)}, which not every contestant can follow",
            place="ablation bench",
            remedy="take another row or file, or switch it off with --set",
        )


def beyond_scripts(recipe: Recipe) -> list[str]:
    """The settings of a recipe that the plain loop does not support."""
    train, inference = recipe.train, recipe.inference
    used = {
        "phases": bool(recipe.phases),
        "train.ema": train.ema is not None,
        "train.early_stopping": train.early_stopping is not None,
        "train.accumulate": train.accumulate > 1,
        "train.keep": train.keep != "last",
        "train.precision: fp16": train.precision == "fp16",
        "schedule": recipe.schedule.watches is not None,
        "model.trainable": recipe.model.trainable != "all",
        "inference.members": inference.members > 1,
        "inference.ensemble_with": bool(inference.ensemble_with),
        "inference.calibration or inference.threshold": inference.adjusts,
    }
    return [name for name, is_used in used.items() if is_used]


def beyond_peers(recipe: Recipe) -> list[str]:
    """The settings of a recipe that only the core and the plain loop support."""
    used = {
        "augment": not recipe.augment.changes_nothing,
        "mix": not recipe.mix.changes_nothing,
        "train.clip_norm": recipe.train.clip_norm is not None,
    }
    return [name for name, is_used in used.items() if is_used]


@dataclass(frozen=True)
class Timed:
    """The answer of a contestant's process, and the seconds from its start to its end."""

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
        command = [sys.executable, "-m", f"ablation.bench.peers.{contestant.name}", str(file)]
        pipe, environment = subprocess.PIPE, worker_environment(job.threads)
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)
        if processors is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:processors])
        output, errors = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode:
        raise FailedError(last_line(errors) or f"exit code {process.returncode}")
    try:
        return Timed(seconds, Answer.from_output(output))
    except ValueError as error:
        raise FailedError(str(error)) from error


def last_line(text: str) -> str:
    """The last line that is not blank; empty if there is none."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
