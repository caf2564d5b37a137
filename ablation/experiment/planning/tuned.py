"""The best of a study: what ``tune`` stores and ``run`` merges last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Importance:
    """What a parameter did on val images, by the study's trials.

    Args:
        share: of the scores' variance that it explains, 0..1; ``low``, ``high``: 95 % interval.
        worth: score at the best trial's value minus score at the recipe's own, other parameters averaged out, positive
            when better, in the metric's raw unit; ``worth_low``, ``worth_high``: 95 % interval. NaN where unknown.
    """

    path: str
    share: float
    low: float
    high: float
    worth: float
    worth_low: float
    worth_high: float


@dataclass(frozen=True)
class Tuned:
    """The best of a study.

    Args:
        study: name of the study in Optuna.
        row: the variant that it tuned.
        definition, each, replicates: as ``ablation.experiment.search.study_plan.StudyPlan`` has them.
        values: the best trial's, by dotted setting.
        number: the best trial's.
        score: of the best trial on val images, raw; optimistic, as it is the best of many.
        own_score: of the recipe's own values, raw; NaN where that trial did not finish.
        trials: number of finished trials, pruned ones included.
        pruned, failed: of them.
        importances: the most important first; empty after too few trials.
        own: the recipe's own values, by dotted setting; without those that it has no setting for.
        patch: the best values as a patch of the recipe, components as mappings with their names.
    """

    study: str
    row: str
    definition: str
    each: bool
    metric: str
    values: Mapping[str, Any]
    number: int
    score: float
    own_score: float
    trials: int
    pruned: int
    failed: int
    replicates: int
    sampler: str
    pruner: str
    importances: tuple[Importance, ...] = ()
    own: Mapping[str, Any] = field(default_factory=dict)
    patch: Mapping[str, Any] = field(default_factory=dict)
