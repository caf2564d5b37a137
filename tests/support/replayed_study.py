"""Studies replayed from recorded learning curves: the project's pruners hear real scores, and nothing is trained.

A trial takes one of the recorded settings and hears its scores in the order in which the driver would
(``ablation.tuning.driver``). The curves are made by ``tests/evidence/test_learning_curves.py``.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState

from ablation.experiment.config.search import PrunerName
from ablation.experiment.search.space import SearchSpace
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.pruning import pruner_of

CURVES = Path(__file__).parents[1] / "evidence" / "learning_curves_digits.json"

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """Scores on validation, proportions.

    Args:
        lr: learning rates, (settings,).
        epochs: after each epoch, (settings, replicates, epochs).
        final: of the final predictions, (settings, replicates).
    """

    lr: Scores
    epochs: Scores
    final: Scores


@dataclass(frozen=True)
class Searched:
    """Which of the settings a study draws from, and how many trials it has; ``low`` and ``high`` bound the rate."""

    name: str
    low: float
    high: float
    trials: int


@dataclass(frozen=True)
class Replayed:
    """A study.

    Args:
        spent: epochs trained until the end of each trial, in order.
        trainings: those that came to their last epoch.
        scores: of the trials, -inf where pruned.
        kept: mean final score over all recorded replicates, of the setting that the study would keep.
    """

    spent: tuple[int, ...]
    trainings: int
    scores: tuple[float, ...]
    kept: float

    @property
    def best(self) -> float:
        return max(self.scores)

    def spent_until(self, score: float) -> int | None:
        """Epochs until a trial has this score; None if none has."""
        return next((spent for spent, each in zip(self.spent, self.scores, strict=True) if each >= score), None)


@functools.cache
def curves() -> Curves:
    recorded = json.loads(CURVES.read_text(encoding="utf-8"))
    rates = np.array([each["optimizer.lr"] for each in recorded["settings"]])
    return Curves(rates, np.array(recorded["epochs"]), np.array(recorded["final"]))


def settings_of(searched: Searched) -> NDArray[np.int64]:
    """Numbers of the recorded settings that lie in a space."""
    rates = curves().lr
    return np.flatnonzero((rates >= searched.low) & (rates <= searched.high))


@functools.cache
def replay(seed: int, searched: Searched, pruner: PrunerName, replicates: int) -> Replayed:
    """A study of settings drawn at random, none twice; a seed gives the same ones in the same order to every pruner."""
    found, rng = curves(), np.random.default_rng(seed)
    settings = rng.permutation(settings_of(searched))[: searched.trials]
    order = rng.permutation(found.final.shape[1])[:replicates]
    study = _study(seed, _plan(searched.trials, pruner, replicates, found.epochs.shape[2]))
    ends = [_try(study, pruner, found.epochs[each][order], found.final[each][order]) for each in settings]
    scores = [each.values[0] if each.state == TrialState.COMPLETE else -math.inf for each in study.trials]
    return Replayed(
        spent=tuple(itertools.accumulate(epochs for epochs, _ in ends)),
        trainings=sum(whole for _, whole in ends),
        scores=tuple(scores),
        kept=float(found.final[settings[int(np.argmax(scores))]].mean()),
    )


def _try(study: optuna.Study, pruner: PrunerName, epochs: Scores, final: Scores) -> tuple[int, int]:
    """One trial; gives the epochs trained and the whole trainings.

    Args:
        epochs: (replicates, epochs).
        final: (replicates,).
    """
    trial, last = study.ask(), epochs.shape[1]
    for number, score in enumerate(epochs[0], start=1):
        if pruner in ("median", "hyperband") and _is_hopeless(trial, number, score):
            study.tell(trial, state=TrialState.PRUNED)
            return number, int(number == last)
    for step, score in enumerate(final):
        if pruner == "wilcoxon" and _is_hopeless(trial, step, score) and step + 1 < len(final):
            study.tell(trial, state=TrialState.PRUNED)
            return last * (step + 1), step + 1
    study.tell(trial, float(final.mean()))
    return last * len(final), len(final)


def _is_hopeless(trial: optuna.Trial, step: int, score: float) -> bool:
    trial.report(float(score), step)
    return trial.should_prune()


def _study(seed: int, plan: StudyPlan) -> optuna.Study:
    """Hyperband sends a trial to a bracket by the study's name and the trial's number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return optuna.create_study(study_name=f"seed {seed}", direction="maximize", pruner=pruner_of(plan))


def _plan(trials: int, pruner: PrunerName, replicates: int, epochs: int) -> StudyPlan:
    return StudyPlan(
        name="replayed",
        experiment="replayed",
        row="Baseline",
        definition="",
        conditions={},
        space=SearchSpace((), ()),
        sampler="random",
        pruner=pruner,
        trials=trials,
        minutes=None,
        replicates=replicates,
        metric="balanced_accuracy",
        seed=0,
        epochs=epochs,
    )
