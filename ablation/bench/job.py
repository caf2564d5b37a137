"""A contestant's process: the job that it reads, how it times its training, and the answer that it prints."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from ablation.recipe.merge import merged
from ablation.recipe.model import Classifier


@dataclass(frozen=True)
class Job:
    """One training, the same for every contestant.

    Args:
        task: what ``ablation.core.task.Task.from_json`` reads; its recipe says the number of threads.
        datasets: folder of the decoded datasets.
        split: whose images are predicted after the training, ``test`` or ``confirm``; empty for none.
    """

    task: Mapping[str, Any]
    datasets: str
    split: str = ""

    @property
    def threads(self) -> int:
        """Number of compute threads."""
        return int(self.task["recipe"]["train"]["threads"])

    def on(self, threads: int) -> Job:
        """The same job with another number of threads."""
        return dataclasses.replace(self, task=merged(self.task, {"recipe": {"train": {"threads": threads}}}))

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The job that ``to_json`` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Answer:
    """The result of a job.

    Args:
        seconds: from the first training step to the end of the last evaluation.
        images: training images processed, over all epochs.
        val_accuracy: after the last epoch, in [0, 1].
        test_accuracy: on the job's split, in [0, 1]; None if it has none.
    """

    seconds: float
    images: int
    val_accuracy: float
    test_accuracy: float | None = None

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_output(cls, text: str) -> Self:
        """Parse the answer on the last line of a process's output; ``ValueError`` if there is none."""
        try:
            return cls(**json.loads(text.strip().splitlines()[-1]))
        except (IndexError, TypeError, json.JSONDecodeError) as error:
            raise ValueError("it printed no answer") from error


class TrainingStopwatch:
    """Measures seconds from the first forward pass of a classifier in training mode to the end of the block.

    Earlier work, such as imports, loading data and a trainer's preparations, counts only in the time of the process.
    """

    seconds = 0.0
    _start: float | None = None

    def __enter__(self) -> Self:
        self._hook = register_module_forward_pre_hook(self._on_forward)
        return self

    def __exit__(self, *error: object) -> None:
        self._hook.remove()
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
        if self._start is not None:
            self.seconds = time.perf_counter() - self._start

    def _on_forward(self, module: nn.Module, inputs: Any) -> None:
        if isinstance(module, Classifier) and module.training:
            self._start = time.perf_counter()
            self._hook.remove()


def run_job(train: Callable[[Job], Answer]) -> None:
    """The main function of a contestant's process: read the job file, train, and print the answer.

    The experiment's folder joins the import path, as in a worker, so that the user's own components are found.
    """
    job = Job.from_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.path.append(str(job.task["folder"]))
    print(f"\n{train(job).to_json()}", flush=True)
