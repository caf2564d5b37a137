"""The lines under a table: what was measured how, what varied, what was fixed, on what machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ablation.core.metrics import METRICS, Metric
from ablation.experiment.plan import Plan
from ablation.judgement.judge import FEWEST, images
from ablation.stats.interval import LEVEL

WARNING = "Warning"
"""How the line of a warning begins."""
STREAMS = "initialisation, order of images, augmentation, mixing and dropout"


def footer(plan: Plan, metric: Metric, diverged: Sequence[str], warnings: Sequence[str]) -> tuple[str, ...]:
    """The lines, in reading order.

    Args:
        metric: the one shown.
        diverged: rows in which runs diverged, with how many.
        warnings: what the trainings suffer from, and what to try.
    """
    stated = tuple(f"{title}: {text}." for title, text in _lines(plan, metric, diverged) if text)
    return (*stated, *(f"{WARNING}: {text}" for text in warnings))


def _lines(plan: Plan, metric: Metric, diverged: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "Metric", _metric(metric)
    yield "Margin", f"the smallest gain worth having is {plan.margin:g} {_unit(METRICS[plan.metric])}"
    yield "Interval", _interval(plan)
    yield "Promise", "in points of accuracy, judged on the gain in accuracy over the row above"
    yield "Varied", _varied(plan)
    yield "Fixed", _fixed(plan)
    yield "Data", _data(plan)
    yield (
        "Cost",
        (
            "means of what was recorded when the run was trained, x times the baseline; rows that share a training "
            "share its seconds; latency is per image"
        ),
    )
    if plan.replicates < FEWEST:
        yield "Few runs", f"{plan.replicates} replicates, under {FEWEST}: numbers to look at, no ground for a claim"
    yield "Diverged", "; ".join(diverged) + " stay in the numbers" if diverged else ""
    yield "Machine", _environment(plan, ("processor", "cores", "system", "device"))
    yield "Versions", _environment(plan, sorted(set(plan.environment) - _NOT_VERSIONS))
    yield "Commit", str(plan.environment.get("commit", ""))
    yield "Overrides", "; ".join(plan.overrides)
    for notice in plan.notices:
        yield "Note", notice.rstrip(".")


_NOT_VERSIONS = {"processor", "cores", "system", "device", "commit"}


def _unit(metric: Metric) -> str:
    return metric.unit or "units of the metric"


def _metric(metric: Metric) -> str:
    direction = "higher" if metric.greater_is_better else "lower"
    unit = f", in {metric.unit}" if metric.unit else ""
    return f"{metric.label} on the test set{unit}; {direction} is better, and a gain is positive when better"


def _interval(plan: Plan) -> str:
    level = f"{LEVEL:.0%}".replace("%", " %")
    each = f"{level}, each comparison on its own, not adjusted for their number"
    if plan.protocol == "resampled":
        sizes = f"{images(plan, 'test')} test / {images(plan, 'train')} training images"
        return f"Nadeau and Bengio's corrected t over {plan.replicates} redrawn splits ({sizes}); {each}"
    return (
        f"paired Student t over {plan.replicates} replicates; {each}. All replicates share one test set: the interval "
        f"speaks of new splits and trainings judged by these {images(plan, 'test')} images, not of new test images"
    )


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
