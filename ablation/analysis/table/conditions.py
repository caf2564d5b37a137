"""Conditions: how a table's numbers were made, which rules its verdicts follow, and what a reader should beware of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.interval_rule import images
from ablation.analysis.diagnosis.history import Finding
from ablation.analysis.verdict.looks import Looks
from ablation.analysis.verdict.reasons import SmallClass
from ablation.analysis.verdict.tuning import Effort, effort
from ablation.analysis.verdict.validity import too_small_class
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import Preregistration
from ablation.metrics.metric import Metric

Findings: TypeAlias = Mapping[str, Sequence[Sequence[Finding]]]
"""For each variant, in the table's order, the findings of each of its replicates."""


@dataclass(frozen=True)
class Diverged:
    """A variant with runs that diverged; they stay in the numbers.

    Args:
        runs, finished: number of runs that diverged, and of runs that finished.
    """

    variant: str
    runs: int
    finished: int


@dataclass(frozen=True)
class DataUsed:
    """The data set of the baseline.

    Args:
        fingerprint: of the decoded images.
        classes: number of classes.
        images: number of images in each split (``train``, ``val``, ``test``, ...) of replicate 0.
        judged_on: the split that verdicts are based on.
    """

    name: str
    fingerprint: str
    classes: int
    images: Mapping[str, int]
    judged_on: str


@dataclass(frozen=True)
class Records:
    """What the store recorded beside the results.

    Args:
        protocol: what was declared before the first run, and what changed since; None where it is unknown.
        confirmation: what a confirmation compares; None for other plans.
        findings: what is wrong with the trainings; None where it was not looked at.
    """

    protocol: Preregistration | None = None
    confirmation: Confirmation | None = None
    findings: Findings | None = None


@dataclass(frozen=True)
class Conditions:
    """How the numbers of a table were made.

    Args:
        protocol: ``fixed_test`` or ``resampled``.
        designs: those of the plan.
        seed: of the experiment.
        replicates: number of replicates planned for each variant.
        margin: the smallest gain worth having, as declared: in the unit of the declared metric.
        planned_looks: as declared; empty where none is.
        looks: what may be claimed at this number of replicates.
        with_examples: whether the intervals include the variance of the test images.
        too_small: the class for which the shown metric gets no verdict; None where it gets one.
        effort: the tuning trials of each row.
        data: the data set.
        diverged: variants with runs that diverged.
        records: what the store recorded beside the results.
        environment: of the machine and of the libraries, by name.
        overrides: settings of the command line, such as ``train.epochs=3``.
        notices: what the planner reported.
    """

    protocol: str
    designs: tuple[str, ...]
    seed: int
    replicates: int
    margin: float
    planned_looks: tuple[int, ...]
    looks: Looks
    with_examples: bool
    too_small: SmallClass | None
    effort: Effort
    data: DataUsed
    diverged: tuple[Diverged, ...]
    records: Records
    environment: Mapping[str, str]
    overrides: tuple[str, ...]
    notices: tuple[str, ...]


def conditions(evidence: Evidence, metric: Metric, looks: Looks, records: Records) -> Conditions:
    """Returns the conditions of a table, after all of its runs were read.

    Args:
        metric: the one that the table shows.
    """
    plan = evidence.plan
    return Conditions(
        protocol=plan.protocol,
        designs=tuple(plan.designs),
        seed=plan.seed,
        replicates=plan.replicates,
        margin=plan.margin,
        planned_looks=tuple(plan.looks),
        looks=looks,
        with_examples=evidence.has_one_test_set,
        too_small=too_small_class(plan, metric),
        effort=effort(plan),
        data=_data(plan),
        diverged=_diverged(evidence),
        records=records,
        environment=plan.environment,
        overrides=tuple(plan.overrides),
        notices=tuple(plan.notices),
    )


def _data(plan: Plan) -> DataUsed:
    return DataUsed(
        name=str(plan.dataset.get("name", "")),
        fingerprint=str(plan.dataset.get("fingerprint", "")),
        classes=len(plan.dataset.get("classes", ())),
        images={split: images(plan, split) for split in plan.dataset["counts"]},
        judged_on=plan.judged_on,
    )


def _diverged(evidence: Evidence) -> tuple[Diverged, ...]:
    counts = {variant.name: evidence.diverged(variant.name) for variant in evidence.plan.variants}
    return tuple(Diverged(name, runs, evidence.count(name, "finished")) for name, runs in counts.items() if runs)
