"""Bounds of two numbers in their order."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ablation.recipe.augment.basic import Basic


def test_bounds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"lower bound 0\.5 lies above the upper bound 0\.1"):
        Basic.model_validate({"erasing_scale": (0.5, 0.1)})
