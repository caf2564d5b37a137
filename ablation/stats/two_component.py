"""The two-component interval: replicates and test examples both vary.

Assumes a score that is a mean over examples (correctness, log-loss, Brier); one that is a function of the whole test
set (macro F1, AUROC) takes ``components.resampled_components``.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from ablation.stats.components import components
from ablation.stats.interval import LEVEL, Interval


def two_component(differences: ArrayLike, level: float = LEVEL) -> Interval:
    """Interval of the mean difference for new trainings and new test examples alike.

    Args:
        differences: (replicates k >= 1, examples n >= 2), score of the new arm minus that of the old one.
        level: two-sided confidence, 0..1.

    Raises:
        ValueError: too few rows or columns, or a value that is not finite.
    """
    return components(differences).interval(level)
