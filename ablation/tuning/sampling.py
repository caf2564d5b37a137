"""Optuna's samplers, seeded anew for each trial."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from ablation.errors import UserError
from ablation.experiment.config.search import SamplerName
from ablation.experiment.search.space import SearchSpace
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.grid import GridSampler, check_countable

STARTUP_TRIALS = 10
"""Random trials of TPE and the Gaussian process before they fit a model; Optuna's default."""

_SamplerMaker = Callable[..., BaseSampler]
"""Makes a sampler from ``seed``, 0..2**32 - 1."""

_MAKERS: Mapping[SamplerName, _SamplerMaker] = {
    # samples all parameters jointly, and those that only some trials have independently; running trials count as bad
    # ones (constant_liar), so that processes do not all sample the same region
    "tpe": partial(TPESampler, n_startup_trials=STARTUP_TRIALS, multivariate=True, constant_liar=True),
    "random": RandomSampler,
    # choices and parameters that only some trials have, which it cannot search, are sampled at random
    "cmaes": partial(CmaEsSampler, warn_independent_sampling=False),
    "gp": partial(GPSampler, n_startup_trials=STARTUP_TRIALS, warn_independent_sampling=False),
}


class ReseededSampler(BaseSampler):
    """A new sampler for every decision, seeded by the study's seed, the trial's number and the parameter.

    Optuna's samplers keep their random state in memory: a study that is opened again repeats its draws, and processes
    that share a study draw the same values. Here a decision depends only on the seed, the trial and the storage, so
    a study of one process is the same after any number of restarts.
    """

    def __init__(self, seed: int, make: _SamplerMaker) -> None:
        self._seed, self._make = seed, make

    def _fresh(self, trial: FrozenTrial, purpose: str) -> BaseSampler:
        words = (self._seed, trial.number, zlib.crc32(purpose.encode()))
        return self._make(seed=int(np.random.SeedSequence(words).generate_state(1)[0]))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._fresh(trial, "before").before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._fresh(trial, "relative").infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        sampler = self._fresh(trial, "relative")
        sampler.infer_relative_search_space(study, trial)  # some samplers keep state from this call
        return sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        sampler = self._fresh(trial, f"parameter {param_name}")
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._fresh(trial, "after").after_trial(study, trial, state, values)


def sampler_of(plan: StudyPlan, points: Sequence[Mapping[str, Any]] = ()) -> BaseSampler:
    """The sampler that a plan names; ``points`` are those of ``grid_points``, as Optuna stores their values."""
    return GridSampler(points) if plan.sampler == "grid" else ReseededSampler(plan.seed, _MAKERS[plan.sampler])


def check_sampler(sampler: SamplerName, space: SearchSpace) -> None:
    """Refuse a sampler that cannot search a space.

    Raises:
        UserError: a grid over numbers without a step, or larger than ``LARGEST_GRID``; CMA-ES over fewer than two
            numbers.
    """
    if sampler == "grid":
        for parameter in space.parameters:
            check_countable(parameter)
    numbers = sum(parameter.kind != "categorical" for parameter in space.parameters)
    if sampler == "cmaes" and numbers < 2:
        problem = f"CMA-ES searches two numbers or more, and the space has {numbers}"
        remedy = "use tpe, or add a setting with a range to tune.space"
        raise UserError(problem, place="tune.sampler", remedy=remedy)
