"""The common training loop, for CPU and CUDA."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch.optim.lr_scheduler import ReduceLROnPlateau

from ablation.core.device import configured
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import add_seconds
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import Stepper, stepper_of
from ablation.core.training.peak_memory import PeakMemory
from ablation.core.training.setup import Training
from ablation.core.training.state import Checkpoint, TrainState, read_state
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
        epochs, images: number of epochs, and of training images processed, in this part.
        time: seconds of this part over all attempts, by kind of work; see ``ablation.core.timing``.
        peak_memory_mb: see ``ablation.core.training.peak_memory``; of this attempt, so after a resume the peak since
            then. None where the system does not report it.
    """

    state: TrainState
    epochs: int
    images: int
    time: Mapping[str, float]
    peak_memory_mb: float | None


def train(task: Task, workspace: Workspace, progress: Progress) -> Trained:
    """Train to the recipe's last epoch: from the last checkpoint, else from the previous part, else from the start.

    Raises:
        Stopped: ``progress`` raised it; a checkpoint of the last reported epoch is written before.
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
        training.timer.mark("setup")
        training = training.with_features(state.model)
        stepper = stepper_of(training, state)
        while not finished(task.recipe, state.history):
            next_training, next_state = _next_epoch(task, training, state, workspace)
            if next_state is not state:
                training, state, stepper = next_training, next_state, stepper_of(next_training, next_state)
            _finish_epoch(task.recipe, training, state, train_epoch(training, state, stepper))
            state.time = add_seconds(state.time, training.timer.collect())
            _report_epoch(state, progress, checkpoint)
            training.timer.mark("saving")
    epochs = len(state.history) - (len(before["history"]) if before else 0)
    return Trained(
        state=state,
        epochs=epochs,
        images=epochs * len(training.split.train),
        time=add_seconds(state.time, before["time"] if before else {}, sign=-1),
        peak_memory_mb=peak.megabytes,
    )


def _report_epoch(state: TrainState, progress: Progress, checkpoint: Checkpoint) -> None:
    """Report the last epoch to ``progress``, then write a checkpoint if it is due or the training is stopped."""
    try:
        progress(len(state.history), state.history[-1])
    except Stopped:
        checkpoint.save(state)
        raise
    checkpoint.save_if_due(state)


def finished(recipe: Recipe, history: History) -> bool:
    """Whether a training has ended: at its last epoch, diverged or stopped early."""
    return len(history) >= recipe.train.epochs or has_diverged(history) or _stops_early(recipe, history)


def _stops_early(recipe: Recipe, history: History) -> bool:
    stopping = recipe.train.early_stopping
    since = history[max(begins(recipe, history), default=0) :]
    if stopping is None or not since:
        return False
    return len(since) - 1 - best_epoch(since, stopping.metric, stopping.min_gain) >= stopping.patience


def has_diverged(history: History) -> bool:
    """Whether the training loss became infinite or NaN, which ends the training with that epoch."""
    return bool(history) and not math.isfinite(history[-1]["train/loss"])


def _next_epoch(task: Task, training: Training, state: TrainState, workspace: Workspace) -> tuple[Training, TrainState]:
    """The training and the state of the next epoch: the current ones, unless a phase begins or a ramp moves."""
    history = state.history
    beginning = ordered(task.recipe)[len(begins(task.recipe, history[:-1])) : len(begins(task.recipe, history))]
    if not beginning and recipe_at(task.recipe, history) == training.task.recipe:
        return training, state
    next_training = Training.prepare(task, history, workspace.datasets, workspace.helpers, before=training)
    next_state = next_training.shell()
    if beginning and next_training.task.recipe.schedule.span == "phase":
        next_state.begin_phase_from(state, keep_moments=all(phase.optimizer_state == "keep" for phase in beginning))
    else:
        next_state.load(state.saved())
    training.timer.mark("setup")
    return next_training.with_features(next_state.model, training), next_state


def train_epoch(training: Training, state: TrainState, stepper: Stepper) -> dict[str, float]:
    """Train one epoch; returns its record, with loss and accuracy on the images as augmented and mixed."""
    task, lr, epoch = training.task, state.optimizer.param_groups[-1]["lr"], len(state.history)
    state.model.train()
    steps = training.steps_of(epoch)
    training.announce(steps, epoch)
    norms = GradientNorms(state.model.groups(), len(steps), overflow_skips=state.scaler.is_enabled())
    with drawing(task.streams.number("dropout", epoch), task.device):
        for number, step in enumerate(steps):
            stepper.take(number, step, norms)
    seen = sum(len(ids) for step in steps for ids in step)
    loss, accuracy = (total / seen for total in stepper.take_sums())
    return {"epoch": epoch + 1, "lr": lr, "train/loss": loss, "train/accuracy": accuracy, **norms.means()}


def _finish_epoch(recipe: Recipe, training: Training, state: TrainState, record: dict[str, float]) -> None:
    """Validate, add the epoch's record to the history, and update the plateau schedule and the best weights."""
    monitored = training.task.recipe.schedule.watches
    record |= validate(training, state.eval_model, watched_by(recipe, monitored).values())
    state.history.append(record)
    if isinstance(state.schedule, ReduceLROnPlateau):
        state.schedule.step(record[f"val/{monitored}"])
    if recipe.train.keep == "best":
        since = state.history[max(begins(recipe, state.history[:-1]), default=0) :]
        if best_epoch(since, recipe.train.keep_by) == len(since) - 1:
            state.best = {name: tensor.clone() for name, tensor in state.eval_model.state_dict().items()}
    training.timer.mark("evaluation")
