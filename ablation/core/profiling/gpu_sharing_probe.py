"""A probe of GPU sharing: a process that trains side by side with others on one device, on request.

It talks over a connection, see ``gpu_sharing_messages``, and ends when the other end closes.
"""

from __future__ import annotations

import hashlib
import itertools
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import nn

from ablation.core.device import configured
from ablation.core.profiling.dry_run import ConstantRun, NumberedStep
from ablation.core.profiling.gpu_sharing_messages import Failed, Reading, Ready, Request
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.training.setup import Training

_WARM_UP = 4


def serve_probe(connection: Connection[Any, Any]) -> None:
    """Answer one request."""
    try:
        request: Request = connection.recv()
        sys.path.insert(0, str(request.import_from))
        task = _probed(request.task)
        with configured(task.recipe.train), drawing(task.streams.number("dropout", 0), task.device):
            run = ConstantRun(task, request.datasets, request.helpers)
            steps = _repeated_steps(run.training)
            warm = [_reading(run, steps, 1) for _ in range(_WARM_UP)]
            connection.send(Ready(statistics.median(reading.ended - reading.began for reading in warm[1:])))
            connection.send(_reading(run, steps, connection.recv()))
            connection.recv()
    except (EOFError, ConnectionError):
        return
    except Exception as error:
        connection.send(Failed(" ".join(f"{type(error).__name__}: {error}".split())))


def _probed(task: Mapping[str, Any]) -> Task:
    """The task in its last phase, in deterministic mode."""
    parsed = Task.from_json(task).in_last_phase().with_random_weights()
    train = parsed.recipe.train.model_copy(update={"deterministic": True})
    return replace(parsed, recipe=parsed.recipe.model_copy(update={"train": train}))


def _repeated_steps(training: Training) -> Iterator[NumberedStep]:
    """The numbered steps of the first epoch, repeated; announced at each repetition."""
    while True:
        steps = training.steps_of(0)
        training.announce(steps, 0)
        yield from enumerate(steps)


def _reading(run: ConstantRun, steps: Iterator[NumberedStep], count: int) -> Reading:
    """Take the next ``count`` steps."""
    device, began = run.task.device, _now(run.task.device)
    images = run.take(itertools.islice(steps, count))
    return Reading(began, _now(device), images, digest(run.state.model), _memory_in_use(device))


def _now(device: torch.device) -> float:
    """The machine's clock in seconds, after the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


def digest(model: nn.Module) -> str:
    """SHA-256 of a model's weights and buffers, name by name."""
    hashed = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        hashed.update(name.encode())
        hashed.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return hashed.hexdigest()


def _memory_in_use(device: torch.device) -> float | None:
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return 1 - free / total
