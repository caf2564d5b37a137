"""What a study is to do, as one frozen value; nothing of Optuna in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ablation.experiment.config.search import PrunerName, SamplerName
from ablation.experiment.planning.hashing import address
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.metrics.registry import metric
from ablation.stage import Stage


@dataclass(frozen=True)
class StudyOutline:
    """What a storage alone tells of a study; for each field see ``StudyPlan``."""

    name: str
    row: str
    metric: str
    trials: int

    @property
    def maximize(self) -> bool:
        """Whether a greater score is a better one."""
        return metric(self.metric).higher_is_better


@dataclass(frozen=True)
class StudyPlan:
    """One study of one row.

    Args:
        name: Optuna's name of it: ``digits: + Focal loss``; ``digits: each + Focal loss`` for one of ``--each``.
        experiment: its name, which is MLflow's experiment too.
        row: the variant that is tuned.
        definition: hash of ``told``: trials of equal definitions can be compared.
        told: what decides a trial's score besides its values, flat and readable: settings of the recipe, the space,
            metric, seed, protocol, replicates, fingerprints of the data; not the versions of code and libraries, nor
            the kind of device, so that what was found stays in use when they are renewed.
        space: what is searched.
        sampler, pruner: Optuna's.
        trials: in all, over all processes.
        minutes: no trial is started later than this; None for no limit.
        replicates: that a trial's score is the mean of.
        metric: a name that ``ablation.metrics.registry.metric`` takes; trials stand on validation images alone.
        seed: of the sampler.
        epochs: of the recipe's own training.
        each: whether it is one of the studies that ``--each`` gives every variant.
    """

    name: str
    experiment: str
    row: str
    definition: str
    told: Mapping[str, str]
    space: SearchSpace
    sampler: SamplerName
    pruner: PrunerName
    trials: int
    minutes: float | None
    replicates: int
    metric: str
    seed: int
    epochs: int
    each: bool = False

    @property
    def key(self) -> str:
        """Tells it from every other study, those of the same definition by another name among them."""
        return address({"study": self.name, "definition": self.definition})

    @property
    def maximize(self) -> bool:
        """Whether a greater score is a better one."""
        return metric(self.metric).higher_is_better


@dataclass(frozen=True)
class Tryout:
    """What a trial needs under one replicate; no stage in it looks at a test image.

    Args:
        stages: all of them by address, those that are needed first in front.
        train: the last part of its own training, whose epochs are reported.
        val: its final predictions of the validation images, whose score counts.
    """

    stages: Mapping[str, Stage]
    train: str
    val: str


class Tryouts(Protocol):
    """Makes the tryouts of one study."""

    def __call__(self, values: Mapping[str, Any], replicate: int) -> Tryout:
        """The tryout of some values, by dotted setting, under a replicate counted from 0.

        Raises:
            UserError: the values do not make a recipe that can be trained.
        """


Draw = Callable[[Parameter], Any]
"""Chooses a parameter's value."""


@dataclass(frozen=True)
class Study:
    """A study with what makes its trials.

    Args:
        plan: what it is to do.
        tryouts: from values to what is trained.
        suggest: goes through the space and asks for the parameters that matter, in order; gives values by dotted
            setting.
        own: the recipe's own values, by dotted setting.
    """

    plan: StudyPlan
    tryouts: Tryouts
    suggest: Callable[[Draw], dict[str, Any]]
    own: Mapping[str, Any]
