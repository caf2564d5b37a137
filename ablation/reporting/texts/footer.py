"""The lines under a table: what was measured how, what varied, what was fixed, on what machine."""

import math
from collections.abc import Iterator, Sequence

from ablation.analysis.table.conditions import Conditions
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import FEWEST
from ablation.reporting.texts.effort_text import effort_text
from ablation.reporting.texts.looks_text import looks_lines
from ablation.reporting.texts.protocol_text import confirmation_lines, declared_text
from ablation.reporting.texts.verdict_text import small_class_text
from ablation.reporting.texts.warnings_text import warning_lines

WARNING = "Warning"
"""How the line of a warning begins."""
_STREAMS = "initialisation, order of images, augmentation, mixing and dropout"


def footer(table: Table) -> tuple[str, ...]:
    """The lines, in reading order; ``Warning: ...`` comes last."""
    titled = (*_judgement(table), *_conditions(table.conditions), *_machine(table.conditions))
    stated = tuple(f"{title}: {text}." for title, text in titled if text)
    warnings = warning_lines(table.conditions.records.findings or {})
    return (*stated, *_records(table.conditions), *(f"{WARNING}: {text}" for text in warnings))


def _judgement(table: Table) -> Iterator[tuple[str, str]]:
    conditions, declared = table.conditions, table.declared
    yield "Metric", _metric(table)
    if table.metric.name != declared.name:
        yield (
            "Exploratory",
            f"the declared metric is {declared.label}; verdicts by another are for looking, not for claims",
        )
    yield "Margin", _margin(table)
    yield "Interval", _interval(table)
    yield "Claims", _claims(table)
    for line in looks_lines(conditions.looks):
        yield "Looks", line
    yield "No verdict", small_class_text(conditions.too_small) if conditions.too_small else ""
    if conditions.plan.replicates < FEWEST:
        few = f"{conditions.plan.replicates} replicates, under {FEWEST}"
        yield "Few runs", f"{few}: numbers to look at, no ground for a claim"
    yield "Promises", "each judged on its own metric; a bare number is a gain in points of accuracy over the row above"
    yield "Trials", effort_text(conditions.effort)


def _conditions(conditions: Conditions) -> Iterator[tuple[str, str]]:
    yield "Protocol", _protocol(conditions)
    yield "Varied", _varied(conditions)
    yield "Fixed", _fixed(conditions)
    yield "Data", _data(conditions)
    yield (
        "Cost",
        "means of what was recorded when the run was trained, x times the baseline; rows that share a training "
        "share its seconds; peak memory is that of the whole process on the CPU; latency is per image",
    )
    diverged = "; ".join(f"{each.variant} ({each.runs} of {each.finished})" for each in conditions.diverged)
    yield "Diverged", f"{diverged} stay in the numbers" if diverged else ""


def _machine(conditions: Conditions) -> Iterator[tuple[str, str]]:
    yield "Machine", _environment(conditions, ("processor", "cores", "system"))
    yield "Versions", _environment(conditions, sorted(set(conditions.plan.environment) - _NOT_VERSIONS))
    yield "Commit", str(conditions.plan.environment.get("commit", ""))
    yield "Overrides", "; ".join(conditions.plan.overrides)
    for notice in conditions.plan.notices:
        yield "Note", notice.rstrip(".")


_NOT_VERSIONS = {"processor", "cores", "system", "commit"}


def _records(conditions: Conditions) -> Iterator[str]:
    """What was declared before the first run, and what a confirmation asked."""
    if conditions.records.protocol:
        yield f"Declared: {declared_text(conditions.records.protocol)}."
    if conditions.records.confirmation:
        yield from confirmation_lines(conditions.records.confirmation)


def _margin(table: Table) -> str:
    declared = table.declared
    margin = f"{table.conditions.plan.margin:g} {declared.unit or 'units'} of {declared.label}"
    other = "; none is declared for this metric" if math.isnan(table.margin) else ""
    return f"the smallest gain worth having is {margin}{other}"


def _metric(table: Table) -> str:
    metric = table.metric
    direction = "higher" if metric.higher_is_better else "lower"
    unit = f", in {metric.unit}" if metric.unit else ""
    return f"{metric.label} on the test set{unit}; {direction} is better, and a gain is positive when better"


def _interval(table: Table) -> str:
    conditions = table.conditions
    level, data = f"{100 * (1 - conditions.looks.alpha_in_all):g} %", conditions.data
    tested, replicates = data.images[data.judged_on], conditions.plan.replicates
    if conditions.plan.protocol == "resampled":
        sizes = f"{tested} test / {data.images['train']} training images"
        return f"{level}, Nadeau and Bengio's corrected t over {replicates} redrawn splits ({sizes})"
    if not conditions.with_examples:
        return (
            f"{level}, paired Student t over {replicates} replicates: new splits and trainings judged by these "
            f"{tested} test images, not new test images"
        )
    classes = ", each class with its own variance" if table.metric.by_class else ""
    return (
        f"{level}, two components, {replicates} replicates and {tested} test images{classes}, and never narrower than "
        "the paired t over replicates: it speaks of new trainings and new test images alike"
    )


def _claims(table: Table) -> str:
    looks = table.conditions.looks
    alone = math.isclose(looks.alpha, looks.alpha_in_all)
    look = "" if alone else f" at this look, of {looks.alpha_in_all:g} in all"
    return (
        f"p two-sided, after Holm over the steps of the ladder, and by itself over the gains over the baseline; alpha "
        f"{looks.alpha:.3g}{look}; other designs explore (Benjamini-Hochberg); MDE80 is the difference that this many "
        "replicates find four times in five, by the paired t"
    )


def _protocol(conditions: Conditions) -> str:
    tests = {
        "fixed_test": "fixed_test, one test set for all replicates",
        "resampled": "resampled, a test set of its own for each replicate",
    }
    planned = ", ".join(map(str, conditions.plan.looks))
    looks = f"; looks at {planned} replicates" if planned else ""
    return f"{tests[conditions.plan.protocol]}; designs {', '.join(conditions.plan.designs)}{looks}"


def _varied(conditions: Conditions) -> str:
    resampled = conditions.plan.protocol == "resampled"
    redrawn = "train, validation and test split" if resampled else "train and validation split"
    return f"from replicate to replicate the {redrawn}, {_STREAMS} (experiment seed {conditions.plan.seed})"


def _fixed(conditions: Conditions) -> str:
    test = "" if conditions.plan.protocol == "resampled" else "the test set; "
    return f"{test}within a replicate every row has the same split and random streams and differs by its rungs alone"


def _data(conditions: Conditions) -> str:
    data = conditions.data
    sizes = ", ".join(f"{data.images[split]} {name}" for split, name in _SPLITS)
    return f"{data.name} ({data.fingerprint[:12]}), {data.classes} classes; {sizes} images in replicate 0"


_SPLITS = (("train", "training"), ("val", "validation"), ("test", "test"))


def _environment(conditions: Conditions, names: Sequence[str]) -> str:
    environment = conditions.plan.environment
    return ", ".join(f"{name} {environment[name]}" for name in names if name in environment)
