"""The bench's training written out in plain torch and NumPy, for the core to be compared with bit for bit.

Of the package it takes the network, the decoded images and the split only; seeds, order, normalisation, loss, steps and
learning rates are its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from bench import SEED, Bench, Patch
from torch import Tensor, nn

from ablation.core.network import network_of
from ablation.recipe.model import Classifier

INIT, ORDER, DROPOUT = 2, 3, 6
BATCH, LR, DECAY, CLASSES = 16, 3e-3, 1e-2, 10


def sequence(stream: int, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([SEED, 0, stream], spawn_key=key)


def seed(stream: int, *key: int) -> int:
    return int(sequence(stream, *key).generate_state(1, np.uint64)[0] >> 1)


class ByHand:
    """A network, its images, and epochs over them."""

    def __init__(self, bench: Bench, patch: Patch | None = None) -> None:
        training = bench.training(patch)
        self.bench, self.ids, self.val = bench, training.split.train, training.split.val
        self.labels = torch.from_numpy(training.dataset.labels)
        self.data = training.task.recipe.data
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed(INIT))
            self.model: Classifier = network_of(training.task.recipe, CLASSES)

    def pixels(self, size: int) -> Callable[[np.ndarray], Tensor]:
        """The normalised images of that size, (batch, 3, size, size), by their numbers."""
        images = self.bench.training({"data": {"image_size": size}}).dataset.images
        mean, std = (torch.tensor(each, dtype=torch.float64) for each in (self.data.mean, self.data.std))
        scale, shift = (1 / (255 * std)).float(), (-mean / std).float()
        return lambda ids: (torch.from_numpy(images[ids]).float() * scale + shift).permute(0, 3, 1, 2).contiguous()

    def steps(self, batch: int = BATCH) -> int:
        """Steps of an epoch; the last batch must have more than one image, or it would join the one before."""
        assert len(self.ids) % batch != 1
        return math.ceil(len(self.ids) / batch)

    def epoch(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        inputs: Callable[[np.ndarray], Tensor],
        rates: Iterator[float],
        *,
        network: nn.Module | None = None,
        smoothing: float = 0.0,
        batch: int = BATCH,
        after_step: Callable[[], None] = lambda: None,
    ) -> None:
        """One epoch, each step at the next rate."""
        order = np.random.default_rng(sequence(ORDER, number)).permutation(len(self.ids))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed(DROPOUT, number))
            for ids in np.split(self.ids[order], range(batch, len(order), batch)):
                for group in optimizer.param_groups:
                    group["lr"] = next(rates) if group is optimizer.param_groups[0] else optimizer.param_groups[0]["lr"]
                target = F.one_hot(self.labels[ids], CLASSES).float()
                logits = (network or self.model)(inputs(ids))
                loss = F.cross_entropy(logits, target, label_smoothing=smoothing, reduction="none").sum() / len(ids)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                after_step()


def adamw(parameters: Iterable[nn.Parameter]) -> torch.optim.AdamW:
    return torch.optim.AdamW(parameters, lr=LR, weight_decay=DECAY, fused=True)


def sgd(parameters: Iterable[nn.Parameter]) -> torch.optim.SGD:
    return torch.optim.SGD(parameters, lr=LR, weight_decay=1e-4, momentum=0.9, nesterov=True, fused=True)


def constant() -> Iterator[float]:
    while True:
        yield LR


def cosine(steps: int) -> Iterator[float]:
    """Half a cosine from the rate to 0."""
    return (LR * ((1 + math.cos(math.pi * step / steps)) / 2) for step in range(steps))
