"""The state of a training: what changes during it, how it is saved, and how a phase continues it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from ablation.recipe.model import Classifier

Saved = Mapping[str, Any]
"""A state as plain tensors and numbers."""

_WITH_STATE = ("model", "average", "optimizer", "schedule", "scaler")


@dataclass
class TrainState:
    """The state of a training between two epochs.

    Args:
        model, optimizer, schedule, scaler: torch objects with a state of their own.
        average: moving average of the model's weights; None where the recipe has none.
        best: weights of the best epoch since the phase began; None where the recipe keeps the last.
        time: seconds so far by kind of work, over all attempts; see ``ablation.core.timing``.
        history: one record of metrics an epoch.
    """

    model: Classifier
    average: AveragedModel | None
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler
    best: Mapping[str, Tensor] | None
    time: Mapping[str, float]
    history: list[dict[str, float]]

    @property
    def eval_model(self) -> Classifier:
        """The model that validates and predicts: the average if there is one."""
        return self.model if self.average is None else cast("Classifier", self.average.module)

    def saved(self) -> Saved:
        """The whole state, for ``load``."""
        parts = {name: part.state_dict() for name in _WITH_STATE if (part := getattr(self, name)) is not None}
        return parts | {"best": self.best, "time": self.time, "history": self.history}

    def load(self, saved: Saved) -> None:
        """Load a saved state; this one was made with the recipe that the saved one was last trained with."""
        for name in _WITH_STATE:
            if (part := getattr(self, name)) is not None:
                part.load_state_dict(saved[name])
        self.best, self.time, self.history = saved["best"], saved["time"], list(saved["history"])

    def begin_phase_from(self, before: TrainState, keep_moments: bool) -> None:
        """Continue from the state of the previous phase, with this state's new optimizer and schedule.

        Args:
            before: the state at the end of the previous phase.
            keep_moments: copy the optimizer's state of each weight, if the optimizer is of the same type.
        """
        self.model.load_state_dict(before.model.state_dict())
        if self.average is not None and before.average is not None:
            self.average.load_state_dict(before.average.state_dict())
        self.scaler.load_state_dict(before.scaler.state_dict())
        if keep_moments and type(self.optimizer) is type(before.optimizer):
            _copy_moments(self, before)
        self.best, self.time, self.history = None, before.time, before.history


def _copy_moments(state: TrainState, before: TrainState) -> None:
    moments = {
        name: before.optimizer.state[weight]
        for name, weight in before.model.named_parameters()
        if weight in before.optimizer.state
    }
    trained = {id(weight) for group in state.optimizer.param_groups for weight in group["params"]}
    for name, weight in state.model.named_parameters():
        if name in moments and id(weight) in trained:
            state.optimizer.state[weight] = moments[name]
