from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.metrics.registry import metric_in_epochs
from ablation.recipe.monitor import WatchedName, best_epoch, watched_value

values = st.lists(st.floats(-10, 10, allow_nan=False), min_size=1, max_size=12)


def records(metric: str, numbers: list[float]) -> list[dict[str, float]]:
    return [{f"val/{metric}": number} for number in numbers]


@pytest.mark.parametrize("metric", get_args(WatchedName))
def test_greater_is_better_once_a_value_is_turned(metric: WatchedName) -> None:
    value = watched_value({f"val/{metric}": 0.25, "train/loss": 9.0}, metric)
    assert value == (-0.25 if metric in ("loss", "brier") else 0.25)


@given(numbers=values)
def test_the_best_epoch_is_the_first_with_the_greatest_value(numbers: list[float]) -> None:
    assert best_epoch(records("accuracy", numbers), "accuracy") == numbers.index(max(numbers))
    assert best_epoch(records("loss", numbers), "loss") == numbers.index(min(numbers))


@given(numbers=values, gain=st.floats(0, 5))
def test_a_later_epoch_is_better_only_by_more_than_the_smallest_gain(numbers: list[float], gain: float) -> None:
    best = 0
    for number in range(len(numbers)):
        if numbers[number] > numbers[best] + gain:
            best = number
    assert best_epoch(records("mcc", numbers), "mcc", gain) == best


@given(numbers=st.lists(st.sampled_from([math.nan, 0.0, 1.0, 2.0]), min_size=1, max_size=8))
def test_an_epoch_without_a_number_is_never_better_than_one_with(numbers: list[float]) -> None:
    finite = [number for number in numbers if not math.isnan(number)]
    expected = numbers.index(max(finite)) if finite else 0
    assert best_epoch(records("accuracy", numbers), "accuracy") == expected


@pytest.mark.parametrize("metric", get_args(WatchedName))
def test_the_named_metrics_are_metrics_of_the_package_with_the_same_direction(metric: WatchedName) -> None:
    assert (watched_value({f"val/{metric}": 1.0}, metric) > 0) == metric_in_epochs(metric).higher_is_better


@pytest.mark.parametrize(("name", "sign"), [("HIGHER", 1), ("LOWER", -1)])
def test_a_users_metric_says_its_own_direction(
    name: str, sign: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from types import SimpleNamespace as N\nHIGHER, LOWER = N(higher_is_better=True), N(higher_is_better=False)"
    )
    (tmp_path / "directed.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    assert watched_value({f"val/directed:{name}": 0.5}, f"directed:{name}") == sign * 0.5
