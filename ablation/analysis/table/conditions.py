"""Conditions: how a table's numbers were made, which rules its verdicts follow, and what a reader should beware of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ablation.analysis.comparison.comparison import images
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.diagnosis.history import Finding
from ablation.analysis.verdict.looks import Looks
from ablation.analysis.verdict.tuning import Effort, effort
from ablation.analysis.verdict.validity import too_small_class
from ablation.analysis.verdict.verdict import SmallClass
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import Preregistration
from ablation.metrics.metric import Metric

Findings: TypeAlias = Mapping[str, Sequence[Sequence[Finding]]]
"""For each variant, in the table's order, the findings of each of its replicates."""


@dataclass(frozen=True)
class Diverged:
    """A variant with runs that diverged, which stay in the numbers: how many of the finished ones."""

    variant: str
    runs: int
    finished: int


@dataclass(frozen=True)
class DataUsed:
    """The data set of the baseline, the fingerprint of its decoded images, and the split that verdicts are based on.

    ``images`` are the numbers of images in each split (``train``, ``val``, ``test``, ...) of replicate 0.
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
        plan: of the runs; its margin is in the unit of the declared metric.
        with_examples: whether the intervals include the variance of the test images.
        too_small: the class for which the shown metric gets no verdict; None where it gets one.
    """

    plan: Plan
    looks: Looks
    with_examples: bool
    too_small: SmallClass | None
    effort: Effort
    data: DataUsed
    diverged: tuple[Diverged, ...]
    records: Records


def conditions(evidence: Evidence, metric: Metric, looks: Looks, records: Records) -> Conditions:
    """Returns the conditions of a table, after all of its runs were read.

    Args:
        metric: the one that the table shows.
    """
    plan = evidence.plan
    diverged = {variant.name: evidence.diverged(variant.name) for variant in plan.variants}
    return Conditions(
        plan=plan,
        looks=looks,
        with_examples=evidence.has_one_test_set,
        too_small=too_small_class(plan, metric),
        effort=effort(plan),
        data=_data(plan),
        diverged=tuple(Diverged(name, n, evidence.count(name, "finished")) for name, n in diverged.items() if n),
        records=records,
    )


def _data(plan: Plan) -> DataUsed:
    return DataUsed(
        name=str(plan.dataset.get("name", "")),
        fingerprint=str(plan.dataset.get("fingerprint", "")),
        classes=len(plan.dataset.get("classes", ())),
        images={split: images(plan, split) for split in plan.dataset["counts"]},
        judged_on=plan.judged_on,
    )
