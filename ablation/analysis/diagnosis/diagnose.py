"""Diagnoses a training from its history: what is wrong, since which epoch, and what the documents advise.

A finding must still hold at the end of the history; before ``ENOUGH`` epochs only a loss or a gradient that is not
finite is reported. It needs no torch.

Asked by    004_7c9170eca9dbe505.txt (gradient monitoring, one-class warning, per-class accuracy),
            002_111c0abedfd045f2.txt and 003_ecebd86cd390f469.txt (training-validation gap, epochs to converge).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ablation.analysis.diagnosis import gradients, learning
from ablation.analysis.diagnosis.history import Case, EpochHistory, Finding
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore

_CHECKS: Mapping[str, Callable[[Case], Finding | None]] = {
    "diverged": gradients.diverged,
    "exploding_gradients": gradients.exploding,
    "vanishing_gradients": gradients.vanishing,
    "one_class": learning.one_class,
    "below_chance": learning.below_chance,
    "not_learning": learning.not_learning,
    "overfitting": learning.overfitting,
    "plateau": learning.plateau,
}
"""The check of each kind of finding, the most serious first."""

FINDING_KINDS = tuple(_CHECKS)


def diagnose(history: EpochHistory, recipe: Mapping[str, Any], val_images: int | None = None) -> tuple[Finding, ...]:
    """Returns what is wrong at the end of the history, the most serious first; empty for a healthy training.

    Args:
        history: one record for each epoch; classes and layer groups are read from their keys.
        recipe: the resolved recipe as JSON.
        val_images: number of validation images, for the standard error of chance; None where unknown.
    """
    if not history:
        return ()
    case = Case(history, recipe, val_images)
    return tuple(finding for check in _CHECKS.values() if (finding := check(case)) is not None)


def findings(plan: Plan, store: ContentStore) -> dict[str, list[tuple[Finding, ...]]]:
    """Returns each variant's findings, one tuple for each trained replicate; a shared training comes once."""
    by_variant: dict[str, list[tuple[Finding, ...]]] = {}
    read: set[str] = set()
    for variant in plan.variants:
        runs = [run for run in plan.runs_of(variant.name) if run.train not in read and store.has(run.train)]
        read |= {run.train for run in runs}
        by_variant[variant.name] = [findings_of(run, plan, store) for run in runs]
    return by_variant


def findings_of(run: Run, plan: Plan, store: ContentStore) -> tuple[Finding, ...]:
    """Returns what is wrong with a run's training, which must be finished."""
    trained = store.outcome(run.train)
    found = diagnose(trained["history"], trained["recipe"], sum(plan.dataset["counts"]["val"]))
    return tuple(_in_phase(finding, trained["phase"]) for finding in found)


def _in_phase(finding: Finding, phase: str | None) -> Finding:
    """The finding with its patch moved into the phase in which the training ended, where it has phases."""
    if phase is None or finding.patch is None:
        return finding
    return dataclasses.replace(finding, patch={"phases": {phase: {"patch": finding.patch}}})
