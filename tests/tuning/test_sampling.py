from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import optuna
import pytest
from function_study import LOSS, RATE, SPACE, function_plan, suggest
from scipy import stats

from ablation.errors import UserError
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.stats.paired import paired_t
from ablation.tuning.distributions import suggested_value
from ablation.tuning.sampling import check_sampler, sampler_of

X, Y = (Parameter(name, "float", 0.0, -5.0, 5.0) for name in "xy")


def bowl(x: float, y: float) -> float:
    """Least, 0, at (1, -2)."""
    return (x - 1) ** 2 + (y + 2) ** 2


def branin(x: float, y: float) -> float:
    """Least, 0.397887, at three places; x and y are moved to -5..5 from Branin's own -5..10 and 0..15."""
    a, b = 1.5 * x + 2.5, 1.5 * y + 7.5
    return (
        (b - 5.1 / (4 * math.pi**2) * a**2 + 5 / math.pi * a - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10
    )


def best_of(sampler: str, seed: int, function: Callable[[float, float], float], trials: int) -> float:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=sampler_of(function_plan(sampler=sampler, seed=seed)))
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, function(suggested_value(X, trial), suggested_value(Y, trial)))
    return study.best_value


@pytest.mark.slow
@pytest.mark.parametrize(("function", "least"), [(bowl, 0.0), (branin, 0.397887)])
def test_tpe_comes_nearer_to_a_known_optimum_than_random_search_over_twenty_seeds(
    function: Callable[[float, float], float], least: float
) -> None:
    off = {name: [best_of(name, seed, function, 50) - least for seed in range(20)] for name in ("tpe", "random")}
    assert min(off["tpe"]) >= -1e-5
    gain = paired_t(np.log10(off["random"]) - np.log10(off["tpe"]))
    print(f"{function.__name__}: random / tpe distance, log10: {gain.mean:.2f} [{gain.low:.2f}, {gain.high:.2f}]")
    assert gain.low > 0


@pytest.mark.slow
@pytest.mark.parametrize(("sampler", "trials", "seeds"), [("cmaes", 40, 5), ("gp", 16, 3)])
def test_the_other_samplers_learn_too(sampler: str, trials: int, seeds: int) -> None:
    found = [[best_of(name, seed, bowl, trials) for seed in range(seeds)] for name in (sampler, "random")]
    assert np.median(found[0]) < np.median(found[1])


def test_random_draws_are_uniform_and_independent_over_trials_and_parameters() -> None:
    study = optuna.create_study(sampler=sampler_of(function_plan(sampler="random")))
    draws = []
    for _ in range(150):
        trial = study.ask()
        draws.append([suggested_value(each, trial) for each in (X, Y)])
        study.tell(trial, 0.0)
    x, y = np.array(draws).T
    for sample in (x, y):
        assert stats.kstest(sample, stats.uniform(-5, 10).cdf).pvalue > 0.01
        assert stats.spearmanr(sample[1:], sample[:-1]).pvalue > 0.01
    assert stats.spearmanr(x, y).pvalue > 0.01


def test_a_draw_depends_on_seed_trial_and_parameter_and_not_on_the_order_of_asking() -> None:
    found = []
    for order in ((X, Y), (Y, X)):
        study = optuna.create_study(sampler=sampler_of(function_plan(sampler="random", seed=3)))
        trials = [study.ask() for _ in range(3)]
        found.append([{each.path: suggested_value(each, trial) for each in order} for trial in trials])
    assert found[0] == found[1]


def test_cma_es_needs_two_numbers() -> None:
    check_sampler("cmaes", SPACE)
    with pytest.raises(UserError, match="two numbers or more"):
        check_sampler("cmaes", SearchSpace((RATE, LOSS), ()))


def test_conditional_parameters_are_asked_for_only_where_they_matter() -> None:
    study = optuna.create_study(sampler=sampler_of(function_plan()), direction="maximize")
    for _ in range(25):
        trial = study.ask()
        values = suggest(lambda parameter, trial=trial: suggested_value(parameter, trial))
        assert ("loss.gamma" in values) == (values["loss"] == "focal") == ("loss.gamma" in trial.params)
        study.tell(trial, values["optimizer.lr"])
