"""The lines under a table: what was measured how, what varied, what was fixed, on what machine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ablation.analysis.comparison.interval_rule import images
from ablation.analysis.verdict.looks import Looks
from ablation.analysis.verdict.tuning_effort import effort
from ablation.analysis.verdict.validity import margin_in, silence
from ablation.analysis.verdict.verdict import FEWEST
from ablation.experiment.planning.plan import Plan
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric as metric_of

WARNING = "Warning"
"""How the line of a warning begins."""
STREAMS = "initialisation, order of images, augmentation, mixing and dropout"


def footer(
    plan: Plan,
    metric: Metric,
    *,
    examples: bool,
    looks: Looks,
    protocol: Sequence[str],
    diverged: Sequence[str],
    warnings: Sequence[str],
) -> tuple[str, ...]:
    """The lines, in reading order.

    Args:
        metric: the one shown.
        examples: whether the scores of single test images are known.
        looks: what may be claimed at this number of replicates.
        protocol: what was declared before the first run, and what changed since.
        diverged: rows in which runs diverged, with how many.
        warnings: what the trainings suffer from, and what to try.
    """
    lines = (*_judgement(plan, metric, examples, looks), *_conditions(plan, diverged), *_machine(plan))
    stated = tuple(f"{title}: {text}." for title, text in lines if text)
    return (*stated, *protocol, *(f"{WARNING}: {text}" for text in warnings))


def _judgement(plan: Plan, metric: Metric, examples: bool, looks: Looks) -> Iterator[tuple[str, str]]:
    declared = metric_of(plan.metric)
    yield "Metric", _metric(metric)
    if metric.name != plan.metric:
        yield (
            "Exploratory",
            f"the declared metric is {declared.label}; verdicts by another are for looking, not for claims",
        )
    yield "Margin", _margin(plan, metric)
    yield "Interval", _interval(plan, metric, examples)
    yield "Claims", _claims(plan, looks)
    for note in looks.notes:
        yield "Looks", note.rstrip(".")
    yield "No verdict", silence(plan, metric)
    if plan.replicates < FEWEST:
        yield "Few runs", f"{plan.replicates} replicates, under {FEWEST}: numbers to look at, no ground for a claim"
    yield "Promises", "each judged on its own metric; a bare number is a gain in points of accuracy over the row above"
    yield "Trials", effort(plan)


def _conditions(plan: Plan, diverged: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "Protocol", _protocol(plan)
    yield "Varied", _varied(plan)
    yield "Fixed", _fixed(plan)
    yield "Data", _data(plan)
    yield (
        "Cost",
        "means of what was recorded when the run was trained, x times the baseline; rows that share a training "
        "share its seconds; peak memory is that of the whole process on the CPU; latency is per image",
    )
    yield "Diverged", "; ".join(diverged) + " stay in the numbers" if diverged else ""


def _machine(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Machine", _environment(plan, ("processor", "cores", "system"))
    yield "Versions", _environment(plan, sorted(set(plan.environment) - _NOT_VERSIONS))
    yield "Commit", str(plan.environment.get("commit", ""))
    yield "Overrides", "; ".join(plan.overrides)
    for notice in plan.notices:
        yield "Note", notice.rstrip(".")


_NOT_VERSIONS = {"processor", "cores", "system", "commit"}


def _margin(plan: Plan, metric: Metric) -> str:
    declared = metric_of(plan.metric)
    told = f"the smallest gain worth having is {plan.margin:g} {declared.unit or 'units'} of {declared.label}"
    return told + ("; none is declared for this metric" if math.isnan(margin_in(plan, metric)) else "")


def _metric(metric: Metric) -> str:
    direction = "higher" if metric.higher_is_better else "lower"
    unit = f", in {metric.unit}" if metric.unit else ""
    return f"{metric.label} on the test set{unit}; {direction} is better, and a gain is positive when better"


def _interval(plan: Plan, metric: Metric, examples: bool) -> str:
    level = f"{100 * (1 - plan.alpha):g} %"
    if plan.protocol == "resampled":
        sizes = f"{images(plan, plan.judged_on)} test / {images(plan, 'train')} training images"
        return f"{level}, Nadeau and Bengio's corrected t over {plan.replicates} redrawn splits ({sizes})"
    if not examples:
        return (
            f"{level}, paired Student t over {plan.replicates} replicates: new splits and trainings judged by these "
            f"{images(plan, plan.judged_on)} test images, not new test images"
        )
    classes = ", each class with its own variance" if metric.by_class else ""
    return (
        f"{level}, two components, {plan.replicates} replicates and {images(plan, plan.judged_on)} test images"
        f"{classes}, and never narrower than the paired t over replicates: it speaks of new trainings and new test "
        "images alike"
    )


def _claims(plan: Plan, looks: Looks) -> str:
    look = f" at this look, of {plan.alpha:g} in all" if not math.isclose(looks.alpha, plan.alpha) else ""
    return (
        f"p two-sided, after Holm over the steps of the ladder, and by itself over the gains over the baseline; alpha "
        f"{looks.alpha:.3g}{look}; other designs explore (Benjamini-Hochberg); MDE80 is the difference that this many "
        "replicates find four times in five, by the paired t"
    )


def _protocol(plan: Plan) -> str:
    tests = {
        "fixed_test": "fixed_test, one test set for all replicates",
        "resampled": "resampled, a test set of its own for each replicate",
    }
    looks = f"; looks at {', '.join(map(str, plan.looks))} replicates" if plan.looks else ""
    return f"{tests[plan.protocol]}; designs {', '.join(plan.designs)}{looks}"


def _varied(plan: Plan) -> str:
    redrawn = "train, validation and test split" if plan.protocol == "resampled" else "train and validation split"
    return f"from replicate to replicate the {redrawn}, {STREAMS} (experiment seed {plan.seed})"


def _fixed(plan: Plan) -> str:
    test = "" if plan.protocol == "resampled" else "the test set; "
    return f"{test}within a replicate every row has the same split and random streams and differs by its rungs alone"


def _data(plan: Plan) -> str:
    sizes = ", ".join(f"{images(plan, split)} {name}" for split, name in _SPLITS)
    classes = len(plan.dataset.get("classes", ()))
    fingerprint = str(plan.dataset.get("fingerprint", ""))[:12]
    return f"{plan.dataset.get('name', '')} ({fingerprint}), {classes} classes; {sizes} images in replicate 0"


_SPLITS = (("train", "training"), ("val", "validation"), ("test", "test"))


def _environment(plan: Plan, names: Sequence[str]) -> str:
    return ", ".join(f"{name} {plan.environment[name]}" for name in names if name in plan.environment)
