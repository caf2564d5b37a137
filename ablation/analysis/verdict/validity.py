"""Whether verdicts are allowed: no run is missing, and all have the same test set, code and data."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.verdict.verdict import (
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
"""Test images that every class needs before a metric that weights classes equally gets a verdict."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with the runs of some variants, so that they allow no verdict, and what would repair it."""

    variants: tuple[str, ...]
    fault: Fault
    remedy: Remedy


def problems(evidence: Evidence, metric: Metric, made_with: Callable[[Run], Mapping[str, str]]) -> tuple[Problem, ...]:
    """Returns everything that forbids a verdict. Reads every run.

    Args:
        made_with: returns what made a run's predictions: code versions by name, and the fingerprints of its ``data``.
    """
    plan = evidence.plan
    incomplete = [problem for variant in plan.variants for problem in _incomplete(variant.name, evidence, metric)]
    made = {run.address: made_with(run) for run in plan.runs}
    return (*incomplete, *_mixed_tests(evidence), *_mixed_code(plan, made), *_other_data(plan, made))


def margin_in(plan: Plan, metric: Metric) -> float:
    """Returns the declared margin, where it applies to the metric (both in points, or the declared one); else NaN."""
    in_points = metric.unit == metric_of(plan.metric).unit == "points"
    return plan.margin if in_points or metric.name == plan.metric else math.nan


def too_small_class(plan: Plan, metric: Metric) -> SmallClass | None:
    """Returns the class with too few test images for a verdict on the metric; None where a verdict is allowed."""
    counts = [int(each) for each in plan.dataset["counts"][plan.judged_on]]
    if metric.position is not None:
        counts = [counts[metric.position]]
    if not (metric.by_class or metric.position is not None) or min(counts) >= FEWEST_IMAGES:
        return None
    name = plan.dataset["classes"][counts.index(min(counts)) if metric.position is None else metric.position]
    return SmallClass(name, min(counts), metric.label)


def _incomplete(variant: str, evidence: Evidence, metric: Metric) -> Iterator[Problem]:
    """Runs that failed, runs that are missing, and missing scores."""
    planned = len(evidence.plan.runs_of(variant))
    done, failed = evidence.count(variant, "finished"), evidence.count(variant, "failed")
    if failed:
        error = evidence.why_failed(variant)
        # an error in the run recurs; a process that was killed from outside may succeed
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
    """A fixed test set must be the same in all runs; every finished run has been read before."""
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
    """Data with a fingerprint that is not in the plan; one source at several sizes has several fingerprints."""
    fingerprints = (stage.task.get("fingerprints", {}).values() for stage in plan.stages.values())
    planned = {str(plan.dataset["fingerprint"])}.union(*fingerprints)
    other = [run.variant for run in plan.runs if set(made[run.address].get("data", "").split()) - planned]
    if other:
        yield _different("data", other)


def _minority(runs: Sequence[tuple[str, str]]) -> list[str]:
    """The variant of each run that differs from the majority; runs are (variant, what the run was made with)."""
    usual, _ = Counter(sorted(made for _, made in runs)).most_common(1)[0]
    return [name for name, made in runs if made != usual]


def _different(by: Literal["images", "code", "data"], variants: Sequence[str]) -> Problem:
    """The problem of some runs; ``variants`` names the variant of each of them."""
    return Problem(tuple(dict.fromkeys(variants)), Mismatch(by, tuple(Counter(variants).items())), RENEW)
