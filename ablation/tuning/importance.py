"""What each parameter did on validation, by a study's trials, and how sure that is.

A linear trend, and a forest of what it leaves, are fitted to the scores of the complete trials. Averaging what they
predict over the values that the other parameters had gives each parameter's main effect (partial dependence): the
spread of the effect against the spread of the scores is its share, and the effect between two values is what moving
from one to the other was worth. Intervals come from fitting both again to resampled trials.

The numbers hold where the trials lie, and a sampler puts them where scores are good: a value that was hardly tried is
hardly known. The best trial is the best of many, so what its values were worth is optimistic.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.tuned import Importance
from ablation.experiment.search.space import Parameter
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.distributions import labels_of
from ablation.tuning.trials import best_of, complete_trials, trial_score, values_of

EVALUATOR = "main effects of a linear trend and extremely randomised trees"
"""What reports call the method (Geurts et al. 2006; the trend, and cuts at random, keep small effects from shrinking as
those of a random forest do)."""

LEAST_TRIALS = 10
"""Complete trials that are needed."""
RESAMPLED_TRIAL_SETS = 200
"""Resamplings of the trials, for the intervals."""

_SEED = 20_105
_TREES, _TREES_PER_RESAMPLING = 200, 8
_RIDGE = 0.1
"""Penalty of the trend, for parameters in 0..1: enough to be defined where two of them go together."""
_GRID = 8
"""Values at which an effect's spread is taken, as often as they were tried."""
_BACKGROUND = 64
"""Most trials that an effect is averaged over."""

_ABSENT = -1.0
"""A parameter that meant nothing in a trial; the others lie in 0..1."""

_Column = NDArray[np.float32]
_Table = NDArray[np.float32]
_Scores = NDArray[np.float64]


@dataclass(frozen=True)
class _Move:
    """From the recipe's own values to the best trial's, each a row of the table."""

    own: _Column
    best: _Column


@dataclass(frozen=True)
class _Sample:
    """Complete trials.

    Args:
        table: (trials, parameters), each in 0..1; where a parameter meant nothing, the median of where it did, so that
            what its choice did is told of the choice alone.
        meant: (trials, parameters), whether a parameter meant something.
        scores: (trials,), greater is better.
    """

    table: _Table
    meant: NDArray[np.bool_]
    scores: _Scores

    @classmethod
    def of(cls, rows: _Table, scores: _Scores) -> _Sample:
        meant = rows != _ABSENT
        middle = [
            np.median(column[known]) if known.any() else 0.0 for column, known in zip(rows.T, meant.T, strict=True)
        ]
        return cls(np.where(meant, rows, middle).astype(np.float32), meant, scores)

    def of_trials(self, chosen: NDArray[np.int64]) -> _Sample:
        return _Sample(self.table[chosen], self.meant[chosen], self.scores[chosen])


def importances(trials: Iterable[FrozenTrial], plan: StudyPlan) -> tuple[Importance, ...]:
    """Each parameter's share and worth, the most important first.

    Parameters that mean something in some trials only are judged by those. Drawn with a generator of its own, so
    always the same.

    Returns:
        Nothing where fewer than 10 trials are complete, or all scores are equal.
    """
    found = complete_trials(trials)
    best = best_of(found, plan)
    scores = np.array([trial_score(trial) for trial in found])
    if best is None or len(found) < LEAST_TRIALS or np.ptp(scores) == 0:
        return ()
    parameters = plan.space.parameters
    rows = np.stack([_row(parameters, values_of(trial)) for trial in found])
    sample = _Sample.of(rows, scores if plan.maximize else -scores)
    move = _Move(_row(parameters, {each.path: each.own for each in parameters}), _row(parameters, values_of(best)))
    rng = np.random.default_rng(_SEED)
    point, errors = _effects(sample, move, _TREES, rng), _errors(sample, move, rng)
    each = (_importance(parameter.path, *point[:, n], *errors[:, n]) for n, parameter in enumerate(parameters))
    return tuple(sorted(each, key=lambda importance: -importance.share))


def _importance(path: str, share: float, worth: float, share_error: float, worth_error: float) -> Importance:
    reach, worth_reach = 1.96 * share_error, 1.96 * worth_error
    share = min(share, 1.0)
    return Importance(
        path,
        share=float(share),
        low=float(max(share - reach, 0.0)),
        high=float(min(share + reach, 1.0)),
        worth=float(worth),
        worth_low=float(worth - worth_reach),
        worth_high=float(worth + worth_reach),
    )


def _errors(sample: _Sample, move: _Move, rng: np.random.Generator) -> NDArray[np.float64]:
    """Standard errors of ``_effects``, (2, parameters), by resampling the trials; NaN where an effect is not known."""
    count = len(sample.scores)
    draws = np.stack(
        [
            _effects(sample.of_trials(rng.integers(count, size=count)), move, _TREES_PER_RESAMPLING, rng)
            for _ in range(RESAMPLED_TRIAL_SETS)
        ]
    )
    known = np.isfinite(draws)
    found = known.sum(axis=0)
    mean = np.where(known, draws, 0).sum(axis=0) / np.maximum(found, 1)
    squares = (np.where(known, draws - mean, 0) ** 2).sum(axis=0)
    return np.where(found > RESAMPLED_TRIAL_SETS / 2, np.sqrt(squares / np.maximum(found - 1, 1)), math.nan)


def _effects(sample: _Sample, move: _Move, trees: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Share and worth of each parameter, (2, parameters); one forest on one set of trials."""
    parameters = range(sample.table.shape[1])
    asked = [_asked(sample, column, move, rng) for column in parameters]
    predicted = _predicted(sample, np.concatenate(asked), trees, rng)
    spread = float(np.var(sample.scores))
    effects = np.zeros((2, len(parameters)))
    for column, part in enumerate(np.split(predicted, np.cumsum([len(each) for each in asked])[:-1])):
        means = part.reshape(_GRID + 2, -1).mean(axis=1)
        meant = sample.meant[:, column]
        effects[0, column] = meant.mean() * np.var(means[:_GRID]) / spread if spread else 0.0
        tried = sample.table[meant, column]
        effects[1, column] = _worth(tried, move.own[column], move.best[column], means[-1] - means[-2])
    return effects


def _worth(tried: _Column, own: float, best: float, difference: float) -> float:
    if _ABSENT in (own, best):
        return math.nan
    if own == best:
        return 0.0
    return difference if len(tried) and np.ptp(tried) else math.nan


def _asked(sample: _Sample, column: int, move: _Move, rng: np.random.Generator) -> _Table:
    """Rows whose predictions make a parameter's effect: (GRID + 2 values) times those trials where it means something,
    the last two values its own and its best."""
    meant = sample.meant[:, column]
    rows = rng.permutation(sample.table[meant] if meant.any() else sample.table)[:_BACKGROUND]
    values = np.quantile(rows[:, column], (np.arange(_GRID) + 0.5) / _GRID, method="nearest")
    values = np.append(values, [move.own[column], move.best[column]])
    asked = np.tile(rows, (len(values), 1))
    asked[:, column] = np.repeat(values, len(rows))
    return asked


def _predicted(sample: _Sample, asked: _Table, trees: int, rng: np.random.Generator) -> _Scores:
    """Prediction of the trend and the mean tree; trees one by one, as a forest takes twice the time at this size."""
    from sklearn.linear_model import Ridge
    from sklearn.tree import ExtraTreeRegressor

    trend = Ridge(alpha=_RIDGE).fit(sample.table, sample.scores)
    rest = sample.scores - trend.predict(sample.table)
    total = np.zeros(len(asked))
    for seed in rng.integers(2**31, size=trees):
        tree = ExtraTreeRegressor(max_features=1.0, random_state=int(seed))
        tree.fit(sample.table, rest, check_input=False)
        total += tree.predict(asked, check_input=False)
    predicted: _Scores = trend.predict(asked) + total / trees
    return predicted


def _row(parameters: Sequence[Parameter], values: dict[str, Any]) -> _Column:
    return np.array(
        [_position(each, values[each.path]) if each.path in values else _ABSENT for each in parameters],
        dtype=np.float32,
    )


def _position(parameter: Parameter, value: Any) -> float:
    """Where a value lies in its parameter's range, 0..1 within the bounds."""
    if parameter.kind == "categorical":
        known, text = [yaml_flow(choice) for choice in labels_of(parameter).values()], yaml_flow(value)
        return known.index(text) / max(len(known) - 1, 1) if text in known else _ABSENT
    if not isinstance(value, (int, float)):
        return _ABSENT
    if parameter.log:
        return _share(math.log(max(value, parameter.low)), math.log(parameter.low), math.log(parameter.high))
    return _share(value, parameter.low, parameter.high)


def _share(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
