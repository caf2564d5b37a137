"""Values outside of the bounds that a setting declares."""

from __future__ import annotations

import faulty_components as faulty

from ablation.recipe.loss.focal import Focal
from ablation.testing.bad_values import bad_values


def test_bad_values_stand_just_outside_the_bounds() -> None:
    assert {value for name, value in bad_values(faulty.Sound) if isinstance(value, int)} == {0, 3}
    assert -1 in {value for name, value in bad_values(Focal) if name == "gamma"}
