"""Times a few training steps, for the time estimate of a plan."""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ablation.core.device import configured
from ablation.core.task import Task
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import stepper_of
from ablation.core.training.setup import Training

_STEPS = 3
_WARM_UP = {"cpu": 1, "cuda": 12}
"""Steps that are not timed; on CUDA a graph is recorded in them."""


def seconds_per_image(task: Mapping[str, Any], datasets: Path) -> float:
    """Seconds per training image: the median of a few steps after warm-up steps.

    Nothing is kept; pretrained weights are not loaded, since they do not matter to speed.
    """
    parsed = Task.from_json(task).in_last_phase().with_random_weights()
    with configured(parsed.recipe.train):
        training = Training.prepare(parsed, (), datasets)
        state = training.fresh()
        state.model.train()
        warm_up = _WARM_UP[parsed.device.type]
        steps = training.steps_of(0)[: _STEPS + warm_up]
        norms, stepper = GradientNorms(state.model.groups(), len(steps)), stepper_of(training, state)
        times = []
        for number, step in enumerate(steps):
            started = time.perf_counter()
            stepper.take(number, step, norms)
            if parsed.device.type == "cuda":
                torch.cuda.synchronize(parsed.device)
            times.append((time.perf_counter() - started) / sum(map(len, step)))
    return statistics.median(times[warm_up:] or times[-1:])
