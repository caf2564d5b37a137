"""The effect of each parameter on the validation score in a study's trials, with intervals.

A linear trend, and a forest on its residuals, are fitted to the scores of the complete trials. Their predictions,
averaged over the values of the other parameters, give each parameter's main effect (partial dependence). The variance
of the effect over that of the scores is the parameter's share; the difference of the effect between two values is what
changing one to the other was worth. Intervals come from fitting again to resampled trials.

The numbers hold where the trials lie, and a sampler places trials where scores are good: the effect of a rarely tried
value is uncertain. The best trial is selected from many, so the worth of its values is optimistic.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.tuned import Importance
from ablation.experiment.search.space import Parameter
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.trials import best_of, complete_trials, trial_score, values_of

EVALUATOR = "main effects of a linear trend and extremely randomised trees"
"""The name of the method in reports (Geurts et al. 2006). The trend and the random splits keep small effects from
shrinking, as those of a random forest do."""

LEAST_TRIALS = 10
"""Fewest complete trials for an estimate."""
_RESAMPLINGS = 200
"""Resamplings of the trials for the intervals."""

_SEED = 20_105
_TREES, _TREES_PER_RESAMPLING = 200, 8
_RIDGE = 0.1
"""Penalty of the trend, for parameters in 0..1: enough to make collinear parameters identifiable."""
_GRID = 8
"""Number of quantiles of the tried values at which an effect is evaluated."""
_BACKGROUND = 64
"""Most trials that an effect is averaged over."""

_ABSENT = -1.0
"""The value of a parameter that a trial did not have; others lie in 0..1."""

_Table = NDArray[np.float32]
_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class _Sample:
    """Complete trials.

    Args:
        table: (trials, parameters), each in 0..1; a parameter that a trial did not have gets the median of the others,
            so that the effect of the choice that removed it counts for that choice alone.
        present: (trials, parameters), whether the trial had the parameter.
        scores: (trials,), greater is better.
    """

    table: _Table
    present: NDArray[np.bool_]
    scores: _Numbers

    @classmethod
    def of(cls, rows: _Table, scores: _Numbers) -> _Sample:
        present = rows != _ABSENT
        columns = zip(rows.T, present.T, strict=True)
        medians = [np.median(column[kept]) if kept.any() else 0.0 for column, kept in columns]
        return cls(np.where(present, rows, medians).astype(np.float32), present, scores)

    def resampled(self, rng: np.random.Generator) -> _Sample:
        chosen = rng.integers(len(self.scores), size=len(self.scores))
        return _Sample(self.table[chosen], self.present[chosen], self.scores[chosen])


def importances(trials: Iterable[FrozenTrial], plan: StudyPlan) -> tuple[Importance, ...]:
    """Each parameter's share and worth, the most important first.

    Parameters that only some trials have are estimated from those. The random seed is fixed, so the result is
    deterministic; it is empty if fewer than ``LEAST_TRIALS`` trials are complete, or all scores are equal.
    """
    done = complete_trials(trials)
    best = best_of(done, plan)
    scores = np.array([trial_score(trial) for trial in done])
    if best is None or len(done) < LEAST_TRIALS or np.ptp(scores) == 0:
        return ()
    parameters = plan.space.parameters
    rows = np.stack([_row(parameters, values_of(trial)) for trial in done])
    sample = _Sample.of(rows, scores if plan.maximize else -scores)
    own = {parameter.path: parameter.own for parameter in parameters}
    ends = np.stack([_row(parameters, own), _row(parameters, values_of(best))])
    rng = np.random.default_rng(_SEED)
    point, errors = _effects(sample, ends, _TREES, rng), _errors(sample, ends, rng)
    unsorted = (_importance(parameter.path, *point[:, n], *errors[:, n]) for n, parameter in enumerate(parameters))
    return tuple(sorted(unsorted, key=lambda importance: -importance.share))


def _importance(path: str, share: float, worth: float, share_error: float, worth_error: float) -> Importance:
    margin, worth_margin = 1.96 * share_error, 1.96 * worth_error
    share = min(share, 1.0)
    low, high = max(share - margin, 0.0), min(share + margin, 1.0)
    return Importance(path, *map(float, (share, low, high, worth, worth - worth_margin, worth + worth_margin)))


def _errors(sample: _Sample, ends: _Table, rng: np.random.Generator) -> _Numbers:
    """Standard errors of ``_effects``, (2, parameters), by resampling the trials; NaN where an effect is undefined."""
    resamplings = (sample.resampled(rng) for _ in range(_RESAMPLINGS))
    draws = np.stack([_effects(resampled, ends, _TREES_PER_RESAMPLING, rng) for resampled in resamplings])
    defined = np.isfinite(draws).sum(axis=0) > _RESAMPLINGS / 2
    errors = np.full(defined.shape, math.nan)
    errors[defined] = np.nanstd(draws[:, defined], axis=0, ddof=1)
    return errors


def _effects(sample: _Sample, ends: _Table, trees: int, rng: np.random.Generator) -> _Numbers:
    """Share and worth of each parameter, (2, parameters); ``ends`` has the recipe's own values and the best trial's."""
    parameters = range(sample.table.shape[1])
    queries = [_queries(sample, column, ends, rng) for column in parameters]
    predicted = _predicted(sample, np.concatenate(queries), trees, rng)
    spread = float(np.var(sample.scores))
    effects = np.zeros((2, len(parameters)))
    for column, part in enumerate(np.split(predicted, np.cumsum([len(rows) for rows in queries])[:-1])):
        means = part.reshape(_GRID + 2, -1).mean(axis=1)
        present = sample.present[:, column]
        effects[0, column] = present.mean() * np.var(means[:_GRID]) / spread if spread else 0.0
        own, best = ends[:, column]
        effects[1, column] = _worth(sample.table[present, column], own, best, means[-1] - means[-2])
    return effects


def _worth(tried: _Table, own: float, best: float, difference: float) -> float:
    if _ABSENT in (own, best):
        return math.nan
    if own == best:
        return 0.0
    return difference if len(tried) and np.ptp(tried) else math.nan


def _queries(sample: _Sample, column: int, ends: _Table, rng: np.random.Generator) -> _Table:
    """Rows to predict for a parameter's effect: each of ``_GRID`` + 2 values in each trial that has the parameter.

    The last two values are the recipe's own and the best trial's.
    """
    present = sample.present[:, column]
    rows = rng.permutation(sample.table[present] if present.any() else sample.table)[:_BACKGROUND]
    quantiles = np.quantile(rows[:, column], (np.arange(_GRID) + 0.5) / _GRID, method="nearest")
    values = np.append(quantiles, ends[:, column])
    queries = np.tile(rows, (len(values), 1))
    queries[:, column] = np.repeat(values, len(rows))
    return queries


def _predicted(sample: _Sample, queries: _Table, trees: int, rng: np.random.Generator) -> _Numbers:
    """The trend's prediction plus the mean of the trees'; a forest object takes twice the time at this size."""
    from sklearn.linear_model import Ridge
    from sklearn.tree import ExtraTreeRegressor

    trend = Ridge(alpha=_RIDGE).fit(sample.table, sample.scores)
    residuals = sample.scores - trend.predict(sample.table)
    total = np.zeros(len(queries))
    for seed in rng.integers(2**31, size=trees):
        tree = ExtraTreeRegressor(max_features=1.0, random_state=int(seed))
        tree.fit(sample.table, residuals, check_input=False)
        total += tree.predict(queries, check_input=False)
    predicted: _Numbers = trend.predict(queries) + total / trees
    return predicted


def _row(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> _Table:
    places = [_position(item, values[item.path]) if item.path in values else _ABSENT for item in parameters]
    return np.array(places, dtype=np.float32)


def _position(parameter: Parameter, value: Any) -> float:
    """The position of a value in its parameter's range, in 0..1."""
    if parameter.kind == "categorical":
        choices, text = list(map(yaml_flow, parameter.choices)), yaml_flow(value)
        return choices.index(text) / max(len(choices) - 1, 1) if text in choices else _ABSENT
    if not isinstance(value, (int, float)):
        return _ABSENT
    low, high = parameter.low, parameter.high
    if parameter.log:
        value, low, high = math.log(max(value, low)), math.log(low), math.log(high)
    return float(min(max((value - low) / (high - low), 0.0), 1.0))
