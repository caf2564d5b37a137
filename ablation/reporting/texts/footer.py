"""The lines under a table: how it was measured, what varied, what was fixed, on what machine."""

import math
from collections.abc import Iterator, Mapping, Sequence

from ablation.analysis.table.conditions import Conditions
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import FEWEST
from ablation.reporting.texts.finding_text import warning_lines
from ablation.reporting.texts.protocol_text import confirmation_lines, declared_text, effort_text, looks_lines
from ablation.reporting.texts.verdict_text import small_class_text

WARNING = "Warning"
"""The first word of a warning's line."""
_STREAMS = "initialisation, order of images, augmentation, mixing and dropout"
_MACHINE = ("processor", "cores", "system")


def footer(table: Table) -> tuple[str, ...]:
    """The lines, in reading order; ``Warning: ...`` comes last."""
    titled = (*_judgement(table), *_conditions(table.conditions), *_environment(table.conditions))
    records = table.conditions.records
    return (
        *(f"{title}: {text}." for title, text in titled if text),
        *((f"Declared: {declared_text(records.protocol)}.",) if records.protocol else ()),
        *(confirmation_lines(records.confirmation) if records.confirmation else ()),
        *(f"{WARNING}: {text}" for text in warning_lines(records.findings or {})),
    )


def _judgement(table: Table) -> Iterator[tuple[str, str]]:
    """Titles and texts of how the rows are judged."""
    conditions, metric, declared = table.conditions, table.metric, table.declared
    direction, unit = "higher" if metric.higher_is_better else "lower", f", in {metric.unit}" if metric.unit else ""
    yield "Metric", f"{metric.label} on the test set{unit}; {direction} is better, and a gain is positive when better"
    if metric.name != declared.name:
        verdicts = "verdicts by another are for looking, not for claims"
        yield "Exploratory", f"the declared metric is {declared.label}; {verdicts}"
    margin = f"{conditions.plan.margin:g} {declared.unit or 'units'} of {declared.label}"
    undeclared = "; none is declared for this metric" if math.isnan(table.margin) else ""
    yield "Margin", f"the smallest gain worth having is {margin}{undeclared}"
    yield "Interval", _interval(table)
    yield "Claims", _claims(conditions)
    for line in looks_lines(conditions.looks):
        yield "Looks", line
    yield "No verdict", small_class_text(conditions.too_small) if conditions.too_small else ""
    if conditions.plan.replicates < FEWEST:
        few = f"{conditions.plan.replicates} replicates, under {FEWEST}"
        yield "Few runs", f"{few}: numbers to look at, no ground for a claim"
    yield "Promises", "each judged on its own metric; a bare number is a gain in points of accuracy over the row above"
    yield "Trials", effort_text(conditions.effort)


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
        "the paired t over replicates: it holds for new trainings and new test images alike"
    )


def _claims(conditions: Conditions) -> str:
    looks = conditions.looks
    alone = math.isclose(looks.alpha, looks.alpha_in_all)
    look = "" if alone else f" at this look, of {looks.alpha_in_all:g} in all"
    return (
        f"p two-sided, after Holm over the steps of the ladder, and by itself over the gains over the baseline; alpha "
        f"{looks.alpha:.3g}{look}; other designs explore (Benjamini-Hochberg); MDE80 is the difference that this many "
        "replicates find four times in five, by the paired t"
    )


def _conditions(conditions: Conditions) -> Iterator[tuple[str, str]]:
    """Titles and texts of how the runs were made."""
    data, resampled = conditions.data, conditions.plan.protocol == "resampled"
    tests = "a test set of its own for each replicate" if resampled else "one test set for all replicates"
    planned = ", ".join(map(str, conditions.plan.looks))
    looks = f"; looks at {planned} replicates" if planned else ""
    yield "Protocol", f"{conditions.plan.protocol}, {tests}; designs {', '.join(conditions.plan.designs)}{looks}"
    redrawn = "train, validation and test split" if resampled else "train and validation split"
    yield "Varied", f"from replicate to replicate the {redrawn}, {_STREAMS} (experiment seed {conditions.plan.seed})"
    same = "within a replicate every row has the same split and random streams and differs by its rungs alone"
    yield "Fixed", same if resampled else f"the test set; {same}"
    names = {"train": "training", "val": "validation", "test": "test"}
    sizes = ", ".join(f"{data.images[split]} {name}" for split, name in names.items())
    yield "Data", f"{data.name} ({data.fingerprint[:12]}), {data.classes} classes; {sizes} images in replicate 0"
    yield (
        "Cost",
        "means of what was recorded when the run was trained, x times the baseline; rows that share a training "
        "share its seconds; peak memory is that of the whole process on the CPU; latency is per image",
    )
    diverged = "; ".join(f"{each.variant} ({each.runs} of {each.finished})" for each in conditions.diverged)
    yield "Diverged", f"{diverged} stay in the numbers" if diverged else ""


def _environment(conditions: Conditions) -> Iterator[tuple[str, str]]:
    """Titles and texts of the machine, the libraries, and what the command line and the planner added."""
    environment = conditions.plan.environment
    yield "Machine", _named(environment, _MACHINE)
    yield "Versions", _named(environment, sorted(environment.keys() - {*_MACHINE, "commit"}))
    yield "Commit", str(environment.get("commit", ""))
    yield "Overrides", "; ".join(conditions.plan.overrides)
    for notice in conditions.plan.notices:
        yield "Note", notice.rstrip(".")


def _named(environment: Mapping[str, str], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {environment[name]}" for name in names if name in environment)
