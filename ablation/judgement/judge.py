"""How differences become intervals under each protocol, and how an interval is held against a promise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.experiment.plan import Plan
from ablation.stats.interval import Interval
from ablation.stats.paired import paired_t
from ablation.stats.resampled import resampled_t

FEWEST = 5
"""Replicates under which nothing is claimed: the spread of so few is too often too small by chance."""

Judge: TypeAlias = Callable[[NDArray[np.float64]], Interval]
"""Paired differences (replicates,) to the interval of their mean."""


def judge_of(plan: Plan) -> Judge:
    """Paired t where the test set is fixed, the corrected t where it is redrawn for each replicate."""
    if plan.protocol == "resampled":
        return partial(resampled_t, test_to_train=images(plan, "test") / images(plan, "train"))
    return paired_t


def images(plan: Plan, split: str) -> int:
    """Number of images in a split (``train``, ``val``, ``test``) of replicate 0."""
    return int(sum(plan.dataset["counts"][split]))


def promise_word(measured: Interval | None, expect: tuple[float, float] | None) -> str:
    """``below``, ``above``, ``as promised`` or ``cannot tell``: where the whole interval lies.

    Args:
        measured: the step in points of accuracy.
        expect: lowest and highest promised step, in the same points.

    Empty where nothing was promised or nothing was measured; fewer than 5 replicates cannot tell. A promise of a
    single number can be missed on either side but never be confirmed, since no interval lies inside a point.
    """
    if expect is None or measured is None:
        return ""
    if measured.n < FEWEST:
        return "cannot tell"
    lowest, highest = expect
    if measured.high < lowest:
        return "below"
    if measured.low > highest:
        return "above"
    return "as promised" if lowest <= measured.low and measured.high <= highest else "cannot tell"
