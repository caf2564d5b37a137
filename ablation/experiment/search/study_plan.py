"""The plan of a study as a frozen value, without Optuna."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ablation.experiment.config.search import PrunerName, SamplerName
from ablation.experiment.planning.hashing import address
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.metrics.registry import metric
from ablation.stage import Stage


@dataclass(frozen=True)
class StudyOutline:
    """What can be read of a study from its storage alone.

    Args:
        name: the study's name in Optuna: ``digits: + Focal loss``; ``digits: each + Focal loss`` for one of ``--each``.
        row: the variant that is tuned.
        metric: a name for ``ablation.metrics.registry.metric``; it is computed on validation images alone.
        trials: number of trials, over all processes.
    """

    name: str
    row: str
    metric: str
    trials: int

    @property
    def maximize(self) -> bool:
        """Whether a greater score is a better one."""
        return metric(self.metric).higher_is_better


@dataclass(frozen=True)
class StudyPlan(StudyOutline):
    """One study of one row.

    Args:
        experiment: its name, which is MLflow's experiment too.
        definition: hash of ``conditions``: trials of equal definitions can be compared.
        conditions: everything besides its values that decides a trial's score, as flat text: settings of the recipe,
            the space, metric, seed, protocol, replicates, fingerprints of the data. Versions of code and libraries and
            the kind of device are left out, so that trials stay valid when these are updated.
        sampler, pruner: names, see ``ablation.tuning``.
        minutes: no trial starts later than this; None for no limit.
        replicates: number of replicates; a trial's score is their mean.
        seed: of the sampler.
        epochs: of the recipe's own training.
        each: whether it is one of the studies of every variant, by ``--each``.
    """

    experiment: str
    definition: str
    conditions: Mapping[str, str]
    space: SearchSpace
    sampler: SamplerName
    pruner: PrunerName
    minutes: float | None
    replicates: int
    seed: int
    epochs: int
    each: bool = False

    @property
    def key(self) -> str:
        """Hash of name and definition; unique to the study."""
        return address({"study": self.name, "definition": self.definition})


@dataclass(frozen=True)
class Tryout:
    """The stages of a trial under one replicate; none of them reads a test image.

    Args:
        stages: by address, each after the stages that it needs.
        train: address of the last part of its training, whose epochs are reported.
        val: address of its final predictions of the validation images, which are scored.
    """

    stages: Mapping[str, Stage]
    train: str
    val: str


Draw: TypeAlias = Callable[[Parameter], Any]
"""Chooses a parameter's value."""


@dataclass(frozen=True)
class Study:
    """A study: its plan, and how its trials are made.

    Args:
        tryouts: makes the tryout of values by dotted setting, under a replicate counted from 0; raises a ``UserError``
            if the recipe with these values is not valid.
        suggest: draws each parameter of the space that the recipe then has; returns values by dotted setting.
        own: the recipe's own values, by dotted setting.
    """

    plan: StudyPlan
    tryouts: Callable[[Mapping[str, Any], int], Tryout]
    suggest: Callable[[Draw], dict[str, Any]]
    own: Mapping[str, Any]
