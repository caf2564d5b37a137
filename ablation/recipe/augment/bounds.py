"""Types of numbers in the augmentations' settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


def ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    """Refuse bounds in the wrong order."""
    if bounds[0] > bounds[1]:
        raise ValueError(f"the lower bound {bounds[0]} lies above the upper bound {bounds[1]}")
    return bounds


Shares = Annotated[tuple[Share, Share], AfterValidator(ascending)]
Positives = Annotated[tuple[Positive, Positive], AfterValidator(ascending)]
