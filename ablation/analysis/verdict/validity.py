"""Whether runs may be judged at all: nothing missing, one test set, one code, controls that control."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ablation.analysis.comparison.evidence import Evidence
from ablation.experiment.planning.plan import Plan, Run
from ablation.invocation import CHANGE, NONE, RENEW, RUN, Remedy
from ablation.metrics.scores import METRICS, Metric
from ablation.stage import DEATHS

FEWEST_IMAGES = 5
"""Test images of a class under which nothing is claimed of scores that weigh classes alike."""


@dataclass(frozen=True)
class Problem:
    """Why the runs of some variants may not be judged.

    Args:
        variants: whose runs.
        what: is wrong, in plain words.
        remedy: what would mend it.
    """

    variants: tuple[str, ...]
    what: str
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
    in_points = metric.unit == METRICS[plan.metric].unit == "points"
    return plan.margin if in_points or metric.name == plan.metric else math.nan


def silence(plan: Plan, metric: Metric) -> str:
    """Why a metric gets no verdict on this test set; empty where it does."""
    counts = [int(each) for each in plan.dataset["counts"][plan.judged_on]]
    if metric.position is not None:
        counts = [counts[metric.position]]
    if not (metric.by_class or metric.position is not None) or min(counts) >= FEWEST_IMAGES:
        return ""
    name = plan.dataset["classes"][counts.index(min(counts)) if metric.position is None else metric.position]
    return f"class {name} has {min(counts)} test images, {FEWEST_IMAGES} at least for a verdict on {metric.label}"


def _holes(variant: str, evidence: Evidence, metric: Metric) -> Iterator[Problem]:
    """Runs that failed, those that are missing, and scores that are."""
    asked = len(evidence.plan.runs_of(variant))
    done, failed = evidence.count(variant, "finished"), evidence.count(variant, "failed")
    if failed:
        yield _failure(variant, done, failed, asked, evidence.why_failed(variant))
    if missing := asked - done - failed:
        what = f"{missing} of {asked} runs missing" if failed else f"{done} of {asked} runs finished"
        yield Problem((variant,), f"{variant}: {what}", RUN)
    if done < asked:
        return
    if asked != evidence.plan.replicates and not evidence.plan.variant(variant).execution:
        yield Problem((variant,), f"{variant}: {asked} replicates, the others {evidence.plan.replicates}", RUN)
    elif evidence.arm(variant, metric) is None:
        yield Problem((variant,), f"{variant}: a finished run has no {metric.label}", NONE)


def _failure(variant: str, done: int, failed: int, asked: int, why: str) -> Problem:
    """What failed by itself fails again; a process that was killed from outside need not."""
    what = f"{variant}: {done} of {asked} runs finished, {failed} failed{f' ({why})' if why else ''}"
    return Problem((variant,), what, RUN if DEATHS in why else CHANGE)


def _mixed_tests(evidence: Evidence) -> Iterator[Problem]:
    """A fixed test set is one test set; every finished run has been read by now."""
    found = evidence.test_sets
    if evidence.plan.protocol == "fixed_test" and len(found) > 1:
        yield _minority("tested on other images", [(name, str(key)) for key, names in found.items() for name in names])


def _mixed_code(plan: Plan, made: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    told = []
    for run in plan.runs:
        versions = [f"{name} {version}" for name, version in sorted(made[run.address].items()) if name != "data"]
        if versions:
            told.append((run.variant, ", ".join(versions)))
    if len({versions for _, versions in told}) > 1:
        yield _minority("made with other code", told)


def _other_data(plan: Plan, made: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Data that the plan does not know: rungs may read one source at several sizes, each with its own fingerprint."""
    told = (stage.task.get("fingerprints", {}).values() for stage in plan.stages.values())
    known = {str(plan.dataset["fingerprint"])}.union(*told)
    other = [run.variant for run in plan.runs if set(made[run.address].get("data", "").split()) - known]
    if other:
        yield Problem(tuple(dict.fromkeys(other)), f"{_names(other)}: made from other data than planned", RENEW)


def _minority(what: str, told: Sequence[tuple[str, str]]) -> Problem:
    """Those that differ from what most runs say."""
    usual, _ = Counter(sorted(each for _, each in told)).most_common(1)[0]
    other = [name for name, each in told if each != usual]
    return Problem(tuple(dict.fromkeys(other)), f"{_names(other)}: {what} than the rest", RENEW)


def _names(variants: Sequence[str]) -> str:
    return ", ".join(f"{name} ({number} runs)" for name, number in Counter(variants).items())
