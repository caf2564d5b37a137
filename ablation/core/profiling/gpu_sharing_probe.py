"""One of several runs side by side on a device: a process of its own, which trains when all of them are told to.

It speaks over a connection, see ``company_messages``, and ends with the process at the other end.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ablation.core.device import configured
from ablation.core.input.batches import Ids
from ablation.core.profiling.gpu_sharing_messages import Failed, Reading, Ready, Request
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import steps_of
from ablation.core.training.setup import Training
from ablation.recipe.schedule.constant import Constant

_WARM_UP = 4
_MEMORY = Path("/proc/meminfo")


def serve(connection: Connection[Any, Any]) -> None:
    """Answer one request."""
    try:
        request: Request = connection.recv()
        sys.path.insert(0, str(request.import_from))
        task = _probed(request.task)
        with configured(task.recipe.train), drawing(task.streams.number("dropout", 0), task.device):
            run = _Run(task, request.datasets, request.helpers)
            warm = [run.take(1) for _ in range(_WARM_UP)]
            connection.send(Ready(statistics.median(each.ended - each.began for each in warm[1:])))
            connection.send(run.take(connection.recv()))
            connection.recv()
    except (EOFError, ConnectionError):
        return
    except Exception as error:
        connection.send(Failed(" ".join(f"{type(error).__name__}: {error}".split())))


def _probed(task: Mapping[str, Any]) -> Task:
    """The task as it is trained once every phase has begun, in deterministic mode and for as long as is asked for."""
    parsed = Task.from_json(task).in_last_phase().with_random_weights()
    train = parsed.recipe.train.model_copy(update={"deterministic": True})
    return replace(parsed, recipe=parsed.recipe.model_copy(update={"train": train, "schedule": Constant()}))


class _Run:
    """A training that goes through its first epoch again and again."""

    def __init__(self, task: Task, datasets: Path, helpers: int) -> None:
        training = Training.prepare(task, (), datasets, helpers)
        self._state = training.fresh()
        self._training = training.with_features(self._state.model)
        self._state.model.train()
        self._taking = steps_of(self._training, self._state)
        self._steps = _again_and_again(self._training)
        self._norms = GradientNorms(self._state.model.groups(), 0)

    def take(self, count: int) -> Reading:
        """Take so many steps."""
        device, images = self._training.task.device, 0
        began = _now(device)
        for number, step in itertools.islice(self._steps, count):
            self._taking.take(number, step, self._norms)
            images += sum(map(len, step))
        return Reading(began, _now(device), images, digest(self._state.model), _memory_in_use(device))


def _again_and_again(training: Training) -> Iterator[tuple[int, list[Ids]]]:
    """The numbered steps of the first epoch, announced each time that it begins."""
    while True:
        steps = training.steps_of(0)
        training.announce(steps, 0)
        yield from enumerate(steps)


def _now(device: torch.device) -> float:
    """The time when the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


def digest(model: nn.Module) -> str:
    """SHA-256 of a model's weights and buffers, name by name."""
    found = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        found.update(name.encode())
        found.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _memory_in_use(device: torch.device) -> float | None:
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return 1 - free / total
    if not _MEMORY.exists():
        return None
    sizes = dict(re.findall(r"^(MemTotal|MemAvailable):\s*(\d+) kB$", _MEMORY.read_text(), re.MULTILINE))
    return 1 - int(sizes["MemAvailable"]) / int(sizes["MemTotal"])
