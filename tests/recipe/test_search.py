from __future__ import annotations

import pytest

from ablation.recipe.component import choices
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.search import UsualRange


@pytest.mark.parametrize("value", [7e-5, 3e-4, 0.0333333333, 0.1, 2.0])
def test_a_range_around_a_value_is_as_far_in_both_directions(value: float) -> None:
    usual = UsualRange.around(value, factor=10)
    assert usual.log
    assert usual.low == pytest.approx(value / 10, rel=1e-5)
    assert usual.high == pytest.approx(value * 10, rel=1e-5)
    assert all(
        len(f"{bound!r}".replace(".", "").partition("e")[0].strip("0")) <= 6 for bound in (usual.low, usual.high)
    )


@pytest.mark.parametrize("name", sorted(choices(OptimizerSettings)))
def test_every_optimizers_learning_rate_is_searched(name: str) -> None:
    optimizer = OptimizerSettings.choose({"name": name, "lr": 0.02})
    assert optimizer.search_space()["lr"] == UsualRange(0.002, 0.2, log=True)
