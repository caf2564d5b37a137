"""One optimizer step after the other: forward, backward, and the change of the weights."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ablation.core.device import autocast
from ablation.core.input.batches import Ids
from ablation.core.training.cuda_graph import GraphedStep
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState

Batch = tuple[Tensor, ...]
"""What the network takes, and the targets (batch, classes)."""


class Steps(Protocol):
    """Takes the steps of a training while nothing but its state changes."""

    def take(self, number: int, step: Sequence[Ids], norms: GradientNorms) -> None:
        """One step.

        Args:
            number: of the step in its epoch, from 0.
            step: the examples of its batches.
            norms: shown the gradients before they are clipped.
        """

    def take_sums(self) -> tuple[float, float]:
        """The sum of the losses and the number of right answers since they were last taken; waits for the device."""


def steps_of(training: Training, state: TrainState) -> Steps:
    """The way to take steps that the recipe asks for."""
    return GraphedSteps(training, state) if training.task.recipe.train.cuda_graph else PlainSteps(training, state)


class PlainSteps:
    """Steps as they come."""

    def __init__(self, training: Training, state: TrainState) -> None:
        self._training, self._state = training, state
        self._sums = torch.zeros(2, device=training.task.device)

    def take(self, number: int, step: Sequence[Ids], norms: GradientNorms) -> None:
        training, state = self._training, self._state
        self._sums += backward(training, state, self._batches(step, number), sum(map(len, step)))
        state.scaler.unscale_(state.optimizer)
        norms.add(number)
        change(training, state)
        state.scaler.update()
        state.optimizer.zero_grad(set_to_none=True)
        follow(state)
        training.clock.mark("optimizer")

    def take_sums(self) -> tuple[float, float]:
        return _taken(self._sums)

    def _batches(self, step: Sequence[Ids], number: int) -> Iterator[Batch]:
        """Each batch when the one before it has gone through the network."""
        for part, ids in enumerate(step):
            yield self._training.batch(ids, len(self._state.history), number, part)
            self._training.clock.mark("forward_backward")


class GraphedSteps:
    """Steps of equal shapes as CUDA graphs, the others as they come; gathering and augmenting stay outside."""

    def __init__(self, training: Training, state: TrainState) -> None:
        self._training, self._state = training, state
        self._size = 0
        self._step = GraphedStep(
            self._backward, functools.partial(change, training, state), state.optimizer, training.task.device
        )

    def take(self, number: int, step: Sequence[Ids], norms: GradientNorms) -> None:
        training, state = self._training, self._state
        self._size = sum(map(len, step))
        batches = [training.batch(ids, len(state.history), number, part) for part, ids in enumerate(step)]
        self._step(batches, functools.partial(norms.add, number))
        training.clock.mark("forward_backward")
        follow(state)
        training.clock.mark("optimizer")

    def take_sums(self) -> tuple[float, float]:
        losses, right = self._step.take_sums()
        return losses, right

    def _backward(self, batches: Iterable[Batch]) -> Tensor:
        return backward(self._training, self._state, batches, self._size)


def backward(training: Training, state: TrainState, batches: Iterable[Batch], size: int) -> Tensor:
    """Leave the gradients of the mean loss in the weights.

    Args:
        batches: of one step.
        size: images in all of them together.

    Returns: the sum of the losses and the number of right answers, shape (2,).
    """
    task, network = training.task, training.network(state.model)
    sums = torch.zeros(2, device=task.device)
    for given, target in batches:
        with autocast(task.recipe.train, task.device):
            logits = network(given)  # (batch, classes)
        losses: Tensor = training.loss(logits, target)  # (batch,)
        state.scaler.scale(losses.sum() / size).backward()  # type: ignore[no-untyped-call]
        right = logits.detach().argmax(1) == target.argmax(1)
        sums += torch.stack([losses.detach().sum(), right.sum()])
    return sums


def change(training: Training, state: TrainState) -> None:
    """Change the weights by their gradients, clipped where the recipe says so."""
    clip_norm = training.task.recipe.train.clip_norm
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(state.model.parameters(), clip_norm)
    state.scaler.step(state.optimizer)


def follow(state: TrainState) -> None:
    """Let the average of the weights and the schedule follow a step."""
    if state.average is not None:
        state.average.update_parameters(state.model)
    if not isinstance(state.schedule, ReduceLROnPlateau):
        state.schedule.step()


def _taken(sums: Tensor) -> tuple[float, float]:
    losses, right = sums.tolist()
    sums.zero_()
    return losses, right
