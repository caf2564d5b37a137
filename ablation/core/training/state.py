"""What changes during a training, how it is saved, and how it goes on under another recipe."""

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
    """A training between two epochs.

    Args:
        model, optimizer, schedule, scaler: torch objects with a state of their own.
        average: moving average of the model's weights, where the recipe asks for one.
        best: weights of the best epoch since the phase began, where the recipe keeps them.
        time: seconds spent so far by kind of work, over all attempts; see ``ablation.core.timing``.
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
    def judged(self) -> Classifier:
        """The model that validates and predicts: the average where there is one."""
        return self.model if self.average is None else cast("Classifier", self.average.module)

    def saved(self) -> Saved:
        """All of it, for ``load``."""
        parts = {name: part.state_dict() for name in _WITH_STATE if (part := getattr(self, name)) is not None}
        return parts | {"best": self.best, "time": self.time, "history": self.history}

    def load(self, saved: Saved) -> None:
        """Become a saved state; this one was made by the recipe that the saved one was last trained with."""
        for name in _WITH_STATE:
            if (part := getattr(self, name)) is not None:
                part.load_state_dict(saved[name])
        self.best, self.time, self.history = saved["best"], saved["time"], list(saved["history"])

    def begin_phase_from(self, before: TrainState, keep_moments: bool) -> None:
        """Go on from another state with this one's optimizer and schedule, which are at their beginning.

        Args:
            before: the state at the end of the phase before.
            keep_moments: take over what the optimizer knows of each weight, if it is of the same kind.
        """
        self.model.load_state_dict(before.model.state_dict())
        if self.average is not None and before.average is not None:
            self.average.load_state_dict(before.average.state_dict())
        self.scaler.load_state_dict(before.scaler.state_dict())
        if keep_moments and type(self.optimizer) is type(before.optimizer):
            _take_over_moments(self, before)
        self.best, self.time, self.history = None, before.time, before.history


def _take_over_moments(state: TrainState, before: TrainState) -> None:
    known = {
        name: before.optimizer.state[weight]
        for name, weight in before.model.named_parameters()
        if weight in before.optimizer.state
    }
    trained = {id(weight) for group in state.optimizer.param_groups for weight in group["params"]}
    for name, weight in state.model.named_parameters():
        if name in known and id(weight) in trained:
            state.optimizer.state[weight] = known[name]
