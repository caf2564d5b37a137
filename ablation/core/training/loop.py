"""The common training loop, for CPU and CUDA."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ablation.core.device import configured
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import added, training_seconds
from ablation.core.training.checkpoint import Checkpoint, read_state
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import Steps, steps_of
from ablation.core.training.peak_memory import PeakMemory
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState
from ablation.core.training.validation import validate
from ablation.recipe.monitor import best_epoch
from ablation.recipe.phased import History, begins, ordered, recipe_at
from ablation.recipe.recipe import Recipe
from ablation.recipe.steering import watched_by
from ablation.stage import STATE, Progress, Stopped, Workspace


@dataclass(frozen=True)
class Trained:
    """A finished training, or a finished part of one.

    Args:
        state: at its end.
        weights: those that are kept: the last epoch's, or the best one's.
        epochs: trained in this part.
        images: training images processed in this part.
        time: seconds spent in this part over all attempts, by kind of work; see ``ablation.core.timing``.
        peak_memory_mb: see ``ablation.core.training.peak_memory``; over this attempt, so after a resume the peak
            since then. None where the system cannot tell.
    """

    state: TrainState
    weights: dict[str, Tensor]
    epochs: int
    images: int
    time: Mapping[str, float]
    peak_memory_mb: float | None

    @property
    def seconds(self) -> float:
        """Spent in training itself, with the features of a frozen backbone; without setting up and validation."""
        return training_seconds(self.time)

    @property
    def images_per_second(self) -> float | None:
        """Training images over training seconds; None where no epoch was left to train."""
        return self.images / self.seconds if self.images else None

    @property
    def diverged(self) -> bool:
        """Whether the loss left the finite numbers; the training then ended with that epoch."""
        return _diverged(self.state.history)


def train(task: Task, workspace: Workspace, progress: Progress) -> Trained:
    """Train to the recipe's last epoch: from the last checkpoint, else from the part before, else from the start.

    Raises:
        Stopped: by ``progress``; the checkpoint is that of the epoch it was told of.
    """
    checkpoint = Checkpoint(workspace.scratch, workspace.checkpoint_seconds)
    before = read_state(workspace.inputs["state"] / STATE) if "state" in workspace.inputs else None
    saved = checkpoint.last() or before
    with configured(task.recipe.train):
        peak = PeakMemory.from_now(task.device)
        training = Training.prepare(task, saved["history"][:-1] if saved else (), workspace.datasets, workspace.helpers)
        state = training.shell() if saved else training.fresh()
        if saved:
            state.load(saved)
        training.clock.mark("setup")
        training = training.with_features(state.model)
        taking = steps_of(training, state)
        while not finished(task.recipe, state.history):
            following, after = _entering(task, training, state, workspace)
            if after is not state:
                training, state, taking = following, after, steps_of(following, after)
            _conclude(task.recipe, training, state, train_epoch(training, state, taking))
            state.time = added(state.time, training.clock.collect())
            _tell(state, progress, checkpoint)
            training.clock.mark("saving")
    epochs = len(state.history) - (len(before["history"]) if before else 0)
    return Trained(
        state=state,
        weights=dict(state.best or state.judged.state_dict()),
        epochs=epochs,
        images=epochs * len(training.split.train),
        time=added(state.time, before["time"] if before else {}, sign=-1),
        peak_memory_mb=peak.megabytes,
    )


def _tell(state: TrainState, progress: Progress, checkpoint: Checkpoint) -> None:
    """Tell of the last epoch, then save it: where it is time to, or where the training is to stop."""
    try:
        progress(len(state.history), state.history[-1])
    except Stopped:
        checkpoint.save(state)
        raise
    checkpoint.save_if_due(state)


def finished(recipe: Recipe, history: History) -> bool:
    """Whether a training is over: at its last epoch, diverged, or no longer improving."""
    return len(history) >= recipe.train.epochs or _diverged(history) or _stopped(recipe, history)


def _stopped(recipe: Recipe, history: History) -> bool:
    stopping = recipe.train.early_stopping
    since = history[max(begins(recipe, history), default=0) :]
    if stopping is None or not since:
        return False
    return len(since) - 1 - best_epoch(since, stopping.metric, stopping.min_gain) >= stopping.patience


def _diverged(history: History) -> bool:
    return bool(history) and not math.isfinite(history[-1]["train/loss"])


def _entering(task: Task, training: Training, state: TrainState, workspace: Workspace) -> tuple[Training, TrainState]:
    """The training and the state of the next epoch: the same ones, unless a phase begins or a ramp moves."""
    history = state.history
    beginning = ordered(task.recipe)[len(begins(task.recipe, history[:-1])) : len(begins(task.recipe, history))]
    if not beginning and recipe_at(task.recipe, history) == training.task.recipe:
        return training, state
    following = Training.prepare(task, history, workspace.datasets, workspace.helpers, before=training)
    after = following.shell()
    if beginning and following.task.recipe.schedule.span == "phase":
        after.begin_phase_from(state, keep_moments=all(phase.optimizer_state == "keep" for phase in beginning))
    else:
        after.load(state.saved())
    training.clock.mark("setup")
    return following.with_features(after.model, training), after


def train_epoch(training: Training, state: TrainState, taking: Steps) -> dict[str, float]:
    """One pass over the training set; the loss and accuracy are those of the images as trained on."""
    task, lr, epoch = training.task, state.optimizer.param_groups[-1]["lr"], len(state.history)
    state.model.train()
    steps = training.steps_of(epoch)
    training.announce(steps, epoch)
    norms = GradientNorms(state.model.groups(), len(steps), overflow_skips=state.scaler.is_enabled())
    with drawing(task.streams.number("dropout", epoch), task.device):
        for number, step in enumerate(steps):
            taking.take(number, step, norms)
    seen = sum(len(ids) for step in steps for ids in step)
    loss, accuracy = (total / seen for total in taking.take_sums())
    return {"epoch": epoch + 1, "lr": lr, "train/loss": loss, "train/accuracy": accuracy, **norms.means()}


def _conclude(recipe: Recipe, training: Training, state: TrainState, record: dict[str, float]) -> None:
    """Validate, write the epoch's record, and let the schedule and the best weights look at it."""
    monitored = training.task.recipe.schedule.watches
    record |= validate(training, state.judged, watched_by(recipe, monitored).values())
    state.history.append(record)
    if isinstance(state.schedule, ReduceLROnPlateau):
        state.schedule.step(record[f"val/{monitored}"])
    if recipe.train.keep == "best":
        since = state.history[max(begins(recipe, state.history[:-1]), default=0) :]
        if best_epoch(since, recipe.train.keep_by) == len(since) - 1:
            state.best = {name: tensor.clone() for name, tensor in state.judged.state_dict().items()}
    training.clock.mark("evaluation")
