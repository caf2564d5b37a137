"""Latency: the time of a prediction, including test-time views."""

import statistics

import torch

from ablation.core.device import configured
from ablation.core.model.network import network_of
from ablation.core.prediction.predict import ready
from ablation.core.task import Task
from ablation.core.timing import seconds_of
from ablation.recipe.inference import Predictor

BATCHES = (1, 64)
_SECONDS = 0.5
_LEAST, _MOST = 3, 50


def latency(task: Task, classes: int) -> dict[str, float]:
    """Median milliseconds per image in batches of 1 and 64, and the number of parameters.

    Weights do not matter to speed, so they are random; images are black.
    """
    recipe = task.with_random_weights().recipe
    with configured(recipe.train), torch.inference_mode():
        model = network_of(recipe, classes)
        predictor = Predictor.of(ready(model, task.device), recipe.data, recipe.inference).to(task.device).eval()
        side = recipe.data.image_size
        milliseconds = {
            f"latency_ms_{batch}": 1000 / batch * _median_seconds(predictor, batch, side, task.device)
            for batch in BATCHES
        }
    return milliseconds | {"parameters": sum(parameter.numel() for parameter in model.parameters())}


def _median_seconds(predictor: Predictor, batch: int, side: int, device: torch.device) -> float:
    """Median time of a warmed-up call, over 3 to 50 calls within about half a second."""
    images = torch.zeros((batch, 3, side, side), dtype=torch.uint8, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    predictor(images)
    times: list[float] = []
    while len(times) < _LEAST or (len(times) < _MOST and sum(times) < _SECONDS):
        times.append(seconds_of(lambda: predictor(images), device))
    return statistics.median(times)
