"""Optimizer steps: forward, backward, and the update of the weights."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ablation.core.device import autocast
from ablation.core.training.cuda_graph import GraphedStep, TensorBatch
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState
from ablation.recipe.data.pool import Ids


def stepper_of(training: Training, state: TrainState) -> Stepper:
    """A stepper with or without CUDA graphs, as the recipe says."""
    return GraphedStepper(training, state) if training.task.recipe.train.cuda_graph else Stepper(training, state)


class Stepper:
    """Takes the optimizer steps of a training under one recipe, without CUDA graphs."""

    def __init__(self, training: Training, state: TrainState) -> None:
        self._training, self._state = training, state
        self._sums = torch.zeros(2, device=training.task.device)

    def take(self, number: int, step: Sequence[Ids], norms: GradientNorms) -> None:
        """Take the step ``number`` (from 0) of an epoch, on batches of these ids; ``norms`` measures the gradients."""
        training, state = self._training, self._state
        self._sums += backward(training, state, self._batches(step, number), sum(map(len, step)))
        state.scaler.unscale_(state.optimizer)
        norms.add(number)
        update_weights(training, state)
        state.scaler.update()
        state.optimizer.zero_grad(set_to_none=True)
        update_average_and_schedule(state)
        training.timer.mark("optimizer")

    def take_sums(self) -> tuple[float, float]:
        """The sum of the losses and the number of correct predictions since the last call; waits for the device."""
        losses, correct = self._sums.tolist()
        self._sums.zero_()
        return losses, correct

    def _batches(self, step: Sequence[Ids], number: int) -> Iterator[TensorBatch]:
        """Yields each batch after the one before it has passed through the network."""
        for part, ids in enumerate(step):
            yield self._training.batch(ids, len(self._state.history), number, part)
            self._training.timer.mark("forward_backward")


class GraphedStepper(Stepper):
    """Takes steps of equal shapes as CUDA graphs, the others without; batches are made outside of the graphs."""

    def __init__(self, training: Training, state: TrainState) -> None:
        super().__init__(training, state)
        self._size = 0
        update = functools.partial(update_weights, training, state)
        self._step = GraphedStep(self._backward, update, state.optimizer, training.task.device)

    def take(self, number: int, step: Sequence[Ids], norms: GradientNorms) -> None:
        training, state = self._training, self._state
        self._size = sum(map(len, step))
        batches = [training.batch(ids, len(state.history), number, part) for part, ids in enumerate(step)]
        self._step(batches, functools.partial(norms.add, number))
        training.timer.mark("forward_backward")
        update_average_and_schedule(state)
        training.timer.mark("optimizer")

    def take_sums(self) -> tuple[float, float]:
        return self._step.take_sums()

    def _backward(self, batches: Iterable[TensorBatch]) -> Tensor:
        return backward(self._training, self._state, batches, self._size)


def backward(training: Training, state: TrainState, batches: Iterable[TensorBatch], size: int) -> Tensor:
    """Compute the gradients of the mean loss of a step of ``size`` images and leave them in the weights.

    Returns: the sum of the losses and the number of correct predictions, shape (2,).
    """
    task, network = training.task, training.network(state.model)
    sums = torch.zeros(2, device=task.device)
    for inputs, target in batches:
        with autocast(task.recipe.train, task.device):
            logits = network(inputs)  # (batch, classes)
        losses: Tensor = training.loss(logits, target)  # (batch,)
        state.scaler.scale(losses.sum() / size).backward()  # type: ignore[no-untyped-call]
        correct = logits.detach().argmax(1) == target.argmax(1)
        sums += torch.stack([losses.detach().sum(), correct.sum()])
    return sums


def update_weights(training: Training, state: TrainState) -> None:
    """Take the optimizer's step, with clipped gradients where the recipe says so."""
    clip_norm = training.task.recipe.train.clip_norm
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(state.model.parameters(), clip_norm)
    state.scaler.step(state.optimizer)


def update_average_and_schedule(state: TrainState) -> None:
    """Update the moving average and the learning rate after a step; a plateau schedule moves once an epoch."""
    if state.average is not None:
        state.average.update_parameters(state.model)
    if not isinstance(state.schedule, ReduceLROnPlateau):
        state.schedule.step()
