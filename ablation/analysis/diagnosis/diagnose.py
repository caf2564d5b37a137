"""Diagnoses a training from its history: what is wrong, since which epoch, and what the documents advise.

A finding must still hold at the end of the history; before ``ENOUGH`` epochs only a loss or a gradient that is not
finite is reported. Pure Python, so that a report needs no torch.

Asked by    004_7c9170eca9dbe505.txt (gradient monitoring, one-class warning, per-class accuracy),
            002_111c0abedfd045f2.txt and 003_ecebd86cd390f469.txt (training-validation gap, epochs to converge).
"""

from collections.abc import Callable, Mapping
from typing import Any

from ablation.analysis.diagnosis import gradients, learning
from ablation.analysis.diagnosis.history import Case, EpochHistory, Finding

__all__ = ["CHECKS", "FINDING_KINDS", "Finding", "diagnose"]


def diagnose(history: EpochHistory, recipe: Mapping[str, Any], val_images: int | None = None) -> tuple[Finding, ...]:
    """Returns what is wrong at the end of the history, the most serious first; empty for a healthy training.

    Args:
        history: one record for each epoch; classes and layer groups are read from their keys.
        recipe: the resolved recipe as JSON, for patches with concrete numbers.
        val_images: number of validation images, for the standard error of chance; None where unknown.
    """
    if not history:
        return ()
    case = Case(history, recipe, val_images)
    return tuple(finding for check in CHECKS.values() if (finding := check(case)) is not None)


CHECKS: Mapping[str, Callable[[Case], Finding | None]] = {
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

FINDING_KINDS = tuple(CHECKS)
