from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from small_experiment import changed

from ablation.experiment.config.file import load
from ablation.experiment.config.promise_values import Promise
from ablation.experiment.config.promises import PromiseSettings, TargetSettings, WiderPromiseSettings


@pytest.mark.parametrize(("text", "expect"), [("3", (3, 3)), ("[3, 5]", (3, 5)), ("-1.5", (-1.5, -1.5))])
def test_a_promise_is_a_number_or_a_range(tmp_path: Path, text: str, expect: tuple[float, float]) -> None:
    (tmp_path / "x.yaml").write_text(changed("name: Cosine\n", f"name: Cosine\n    expect: {text}\n"))
    experiment = load(tmp_path / "x.yaml")
    assert [rung.expect for rung in experiment.rungs] == [(), (), (), (PromiseSettings(gain=expect),), ()]


def test_a_promise_keeps_its_kind_and_both_bounds() -> None:
    ratio = PromiseSettings.model_validate({"metric": "latency_ms_1", "ratio": [0.5, 2]})
    assert ratio.promise("paper") == Promise("latency_ms_1", "ratio", 0.5, 2, "paper")
    assert TargetSettings(level=90).promise == Promise("accuracy", "level", 90, 90, "")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "exactly one of gain, level and ratio"),
        ({"gain": 1, "level": 2}, "exactly one of gain, level and ratio"),
        ({"ratio": 0}, "a ratio is above 0"),
        ({"gain": [2, 1]}, "the lowest is above the highest"),
        ({"gain": "3-5"}, "must be a number"),
        ({"metric": "acuracy", "gain": 1}, "no metric or cost 'acuracy'"),
    ],
)
def test_an_invalid_promise_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        PromiseSettings.model_validate(settings)


def test_the_baseline_is_promised_levels_alone() -> None:
    with pytest.raises(ValidationError, match="promise it a level"):
        WiderPromiseSettings.model_validate({"of": "baseline", "expect": 3})
    assert WiderPromiseSettings.model_validate({"of": "baseline", "expect": {"level": 80}}).expect[0].level == (80, 80)
