"""Whether runs may be judged at all: none is missing, and all have one test set, one code and one data set."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.verdict.reasons import (
    Fault,
    Mismatch,
    Missing,
    NoScore,
    SmallClass,
    UnequalReplicates,
    Unfinished,
)
from ablation.experiment.planning.plan import Plan, Run
from ablation.invocation import CHANGE, NONE, RENEW, RUN, Remedy
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric as metric_of
from ablation.stage import DEATHS

FEWEST_IMAGES = 5
"""Test images of a class under which nothing is claimed of scores that weigh classes alike."""


@dataclass(frozen=True)
class Problem:
    """Why the runs of some variants may not be judged.

    Args:
        variants: whose runs.
        fault: what is wrong with them.
        remedy: what would mend it.
    """

    variants: tuple[str, ...]
    fault: Fault
    remedy: Remedy


Provenance: TypeAlias = Callable[[Run], Mapping[str, str]]
"""What a run's predictions say they were made with: versions, and the fingerprint of the ``data``."""


def problems(evidence: Evidence, metric: Metric, made_with: Provenance) -> tuple[Problem, ...]:
    """Everything that forbids a verdict."""
    plan = evidence.plan
    holes = [each for variant in plan.variants for each in _holes(variant.name, evidence, metric)]  # reads every run
    made = {run.address: made_with(run) for run in plan.runs}
    return (*holes, *_mixed_tests(evidence), *_mixed_code(plan, made), *_other_data(plan, made))


def margin_in(plan: Plan, metric: Metric) -> float:
    """The declared margin, where it means something for a metric: its own, or points for points; else NaN."""
    in_points = metric.unit == metric_of(plan.metric).unit == "points"
    return plan.margin if in_points or metric.name == plan.metric else math.nan


def too_small_class(plan: Plan, metric: Metric) -> SmallClass | None:
    """The class with too few test images for a verdict on a metric; None where the metric may have one."""
    counts = [int(each) for each in plan.dataset["counts"][plan.judged_on]]
    if metric.position is not None:
        counts = [counts[metric.position]]
    if not (metric.by_class or metric.position is not None) or min(counts) >= FEWEST_IMAGES:
        return None
    name = plan.dataset["classes"][counts.index(min(counts)) if metric.position is None else metric.position]
    return SmallClass(name, min(counts), metric.label)


def _holes(variant: str, evidence: Evidence, metric: Metric) -> Iterator[Problem]:
    """Runs that failed, runs that are missing, and missing scores."""
    planned = len(evidence.plan.runs_of(variant))
    done, failed = evidence.count(variant, "finished"), evidence.count(variant, "failed")
    if failed:
        error = evidence.why_failed(variant)
        # what failed by itself fails again; a process that was killed from outside may not
        yield Problem((variant,), Unfinished(variant, done, planned, failed, error), RUN if DEATHS in error else CHANGE)
    if missing := planned - done - failed:
        fault = Missing(variant, missing, planned) if failed else Unfinished(variant, done, planned)
        yield Problem((variant,), fault, RUN)
    if done < planned:
        return
    if planned != evidence.plan.replicates and not evidence.plan.variant(variant).execution:
        yield Problem((variant,), UnequalReplicates(variant, planned, evidence.plan.replicates), RUN)
    elif evidence.arm(variant, metric) is None:
        yield Problem((variant,), NoScore(variant, metric.label), NONE)


def _mixed_tests(evidence: Evidence) -> Iterator[Problem]:
    """A fixed test set is one test set; every finished run has been read by now."""
    variants = evidence.test_sets
    if evidence.plan.protocol == "fixed_test" and len(variants) > 1:
        tested = [(name, str(digest)) for digest, names in variants.items() for name in names]
        yield _different("images", _minority(tested))


def _mixed_code(plan: Plan, made: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    built = []
    for run in plan.runs:
        versions = [f"{name} {version}" for name, version in sorted(made[run.address].items()) if name != "data"]
        if versions:
            built.append((run.variant, ", ".join(versions)))
    if len({versions for _, versions in built}) > 1:
        yield _different("code", _minority(built))


def _other_data(plan: Plan, made: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Data that the plan does not know: rungs may read one source at several sizes, each with its own fingerprint."""
    fingerprints = (stage.task.get("fingerprints", {}).values() for stage in plan.stages.values())
    known = {str(plan.dataset["fingerprint"])}.union(*fingerprints)
    other = [run.variant for run in plan.runs if set(made[run.address].get("data", "").split()) - known]
    if other:
        yield _different("data", other)


def _minority(runs: Sequence[tuple[str, str]]) -> list[str]:
    """The variant of each run that was not made with what most runs were.

    Args:
        runs: (variant, what it was made with).
    """
    usual, _ = Counter(sorted(each for _, each in runs)).most_common(1)[0]
    return [name for name, each in runs if each != usual]


def _different(by: Literal["images", "code", "data"], variants: Sequence[str]) -> Problem:
    """The problem of these runs; ``variants`` has a name for each of them."""
    return Problem(tuple(dict.fromkeys(variants)), Mismatch(by, tuple(Counter(variants).items())), RENEW)
