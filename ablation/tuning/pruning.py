"""Optuna's pruners, which stop bad trials early, and checks that they can work in a study."""

import warnings
from typing import get_args

from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, WilcoxonPruner

from ablation.errors import UserError
from ablation.experiment.config.search import BY_EPOCH, LEAST_FOR_WILCOXON, PrunerName
from ablation.experiment.search.study_plan import StudyPlan
from ablation.metrics.registry import metrics_of_every_epoch

_MEDIAN_STARTUP_TRIALS = 5
"""Finished trials before the median pruner starts; Optuna's default."""
_WARMUP_SHARE = 0.2
"""Share of the epochs in which the median pruner stops no trial, as first epochs predict little."""

_HYPERBAND_MIN_EPOCHS, _HYPERBAND_REDUCTION = 1, 3
"""One trial of three goes on after each of Hyperband's rungs (Li et al. 2018, arXiv:1603.06560)."""

_WILCOXON_P = 0.1
"""P-value of the signed-rank test against the best trial below which a trial is pruned."""


def pruner_of(plan: StudyPlan) -> BasePruner:
    """The pruner that a plan names.

    Intermediate values are the metric after each epoch of the first replicate, steps counted from 1 to ``epochs``,
    or (``wilcoxon``) each replicate's score, steps counted from 0.

    Raises:
        UserError: it could never work: ``wilcoxon`` with too few replicates; ``median`` or ``hyperband`` with a metric
            that is not in each epoch's record, or with too few epochs.
    """
    _check(plan)
    if plan.pruner == "median":
        return MedianPruner(_MEDIAN_STARTUP_TRIALS, n_warmup_steps=max(1, round(_WARMUP_SHARE * plan.epochs)))
    if plan.pruner == "hyperband":
        return HyperbandPruner(_HYPERBAND_MIN_EPOCHS, plan.epochs, _HYPERBAND_REDUCTION)
    if plan.pruner == "wilcoxon":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return WilcoxonPruner(p_threshold=_WILCOXON_P)
    return NopPruner()


def _check(plan: StudyPlan) -> None:
    assert plan.pruner in get_args(PrunerName)
    problem, remedy = "", ""
    if plan.pruner == "wilcoxon" and plan.replicates < LEAST_FOR_WILCOXON:
        problem = f"it prunes after 4 replicates at the earliest, so {plan.replicates} save nothing"
        remedy = f"set tune.replicates to {LEAST_FOR_WILCOXON} or more, or use median"
    if plan.pruner in BY_EPOCH:
        fewest = 2 if plan.pruner == "median" else _HYPERBAND_REDUCTION
        every_epoch = [metric.name for metric in metrics_of_every_epoch()]
        if plan.metric not in every_epoch:
            problem = f"{plan.metric} is not measured after each epoch"
            remedy = f"use the metric {', '.join(every_epoch)}, the pruner wilcoxon or none"
        elif plan.epochs < fewest:
            problem = f"{plan.epochs} epochs are too few for it"
            remedy = f"train for {fewest} epochs or more, or use no pruner"
    if problem:
        raise UserError(problem, place=f"tune.pruner: {plan.pruner}", remedy=remedy)
