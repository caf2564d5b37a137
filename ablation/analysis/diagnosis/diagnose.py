"""Diagnoses of a training from its history: what is wrong, since when, and what the documents advise.

A finding still holds at the end of the history; with fewer epochs than ``ENOUGH`` only what is certain is reported (a
loss or a gradient that is not finite). Pure Python, so that a report needs no torch.

Asked by    004_7c9170eca9dbe505.txt (gradient monitoring, one-class warning, per-class accuracy),
            002_111c0abedfd045f2.txt and 003_ecebd86cd390f469.txt (training-validation gap, epochs to converge).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ablation.analysis.diagnosis import gradients, learning
from ablation.analysis.diagnosis.history import Case, EpochHistory, Finding, Recipe

__all__ = ["CHECKS", "FINDING_KINDS", "Finding", "diagnose"]


def diagnose(history: EpochHistory, recipe: Recipe, val_images: int | None = None) -> tuple[Finding, ...]:
    """What is wrong at the end of the history, the gravest first; nothing for a healthy one.

    Args:
        history: records as a training leaves them; classes and layer groups are read from their keys.
        recipe: the resolved recipe as JSON, for patches with concrete numbers.
        val_images: number of validation images, where known, for the width of chance.
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
"""Each kind with its check, the gravest first."""

FINDING_KINDS = tuple(CHECKS)
