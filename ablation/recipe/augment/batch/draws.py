"""Parameters from uniform numbers in [0, 1).

Parameters are computed in double precision: the last digit of a sine or a root may differ between the vectorised and
the scalar code for an element, and rounding to single precision removes the difference.
"""

from __future__ import annotations

from torch import Tensor


def between(draws: Tensor, low: float, high: float) -> Tensor:
    """Uniform numbers in [low, high), float64."""
    return draws.double() * (high - low) + low


def whole(draws: Tensor, count: Tensor | int) -> Tensor:
    """Uniform whole numbers in 0..count - 1, float64; ``count`` may differ for each image."""
    return (draws.double() * count).floor()


def sign(draws: Tensor) -> Tensor:
    """-1 or 1 with equal probability, float64."""
    return (draws >= 0.5).double() * 2 - 1
