"""Uniform numbers in [0, 1) as parameters.

All is computed in double precision and few numbers an image: the last digit of a sine or a root may differ between the
vectorised and the scalar code that an element falls to, and rounding to single precision takes that difference away.
"""

from __future__ import annotations

from torch import Tensor


def between(draws: Tensor, low: float, high: float) -> Tensor:
    """Evenly distributed numbers in [low, high), float64."""
    return draws.double() * (high - low) + low


def whole(draws: Tensor, count: Tensor | int) -> Tensor:
    """Evenly distributed whole numbers in 0..count - 1, float64; ``count`` may differ for each image."""
    return (draws.double() * count).floor()


def sign(draws: Tensor) -> Tensor:
    """-1 or 1, each as often, float64."""
    return (draws >= 0.5).double() * 2 - 1
