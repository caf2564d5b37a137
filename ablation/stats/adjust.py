"""P-values adjusted for the number of tests in their family."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ablation.stats.summary import finite_vector


def holm(p: ArrayLike) -> tuple[float, ...]:
    """Holm-adjusted p-values (n,), in the order of ``p``: controls the chance of any false positive, however dependent.

    Source: Holm 1979. Written here because statsmodels imports pandas and collects garbage at each call.

    Raises:
        ValueError: a p outside 0..1, or NaN.
    """
    values = _family(p)
    order = np.argsort(values, kind="stable")
    stepwise = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepwise), 1.0)
    return tuple(adjusted.tolist())


def benjamini_hochberg(p: ArrayLike) -> tuple[float, ...]:
    """The same by Benjamini and Hochberg 1995: controls the share of false discoveries; for exploring, not for claims.

    Assumes independent or positively dependent tests.
    """
    from scipy.stats import false_discovery_control

    values = _family(p)
    return tuple(false_discovery_control(values).tolist()) if len(values) else ()


def _family(p: ArrayLike) -> NDArray[np.float64]:
    """The p-values as float64 (n,), n >= 0."""
    values = finite_vector(p) if np.size(p) else np.empty(0)
    if ((values < 0) | (values > 1)).any():
        raise ValueError(f"expected p-values in 0..1, got {values!r}")
    return values
