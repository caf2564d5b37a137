"""Mean, spread and extremes of some values, such as the replicates of a row."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Summary:
    """Mean, standard deviation (ddof 1; NaN for one value), extremes and number of some values."""

    mean: float
    sd: float
    min: float
    max: float
    n: int


def summary(values: ArrayLike) -> Summary:
    """Summary of values of shape (n,), in their unit.

    Raises:
        ValueError: there are none, or one is not finite.
    """
    array = finite_vector(values)
    sd = float(array.std(ddof=1)) if len(array) > 1 else math.nan
    return Summary(float(array.mean()), sd, float(array.min()), float(array.max()), len(array))


def finite_vector(values: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values as float64 of shape (n,), n >= 1.

    Raises:
        ValueError: another shape, no value, or one that is not finite: the caller reports missing values.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(f"expected finite values of shape (n,), n >= 1, got {array!r}")
    return array
