from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL

from ablation.errors import UserError
from ablation.experiment.config.file import validated
from ablation.experiment.config.yaml_text import parse_yaml


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        validated(raw, "x.yaml")
    return str(caught.value)


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "raw.yaml").write_text(SMALL)
    return parse_yaml(tmp_path / "raw.yaml")


def test_several_errors_are_reported_at_once_each_with_its_place(raw: dict[str, Any]) -> None:
    del raw["margin"]
    raw |= {"protocol": "fixed", "replicates": 0}
    raw["rungs"][1]["expect"] = [5, 3]
    assert refusal(raw).splitlines() == [
        "x.yaml: margin: is missing",
        "  protocol: must be 'fixed_test' or 'resampled', not 'fixed'",
        "  replicates: must be 1 or more, not 0",
        "  rungs[2] (Focal loss).expect: the lowest is above the highest",
    ]


@pytest.mark.parametrize(
    ("section", "settings", "message"),
    [
        ("data", {"source": "digits", "test_size": 0}, "data.test_size: must be 1 or more, or above 0, not 0"),
        ("data", {"source": "digits", "mean": [0.5, 0.5]}, "data.mean[3]: is missing"),
        ("loss", {"name": "focal", "alpha": [1, -1]}, "loss.alpha[2]: must be above 0, not -1"),
        ("loss", {"name": "focal", "alpha": "high"}, "loss.alpha: must be a number, or a list, not 'high'"),
        ("train", {"epochs": 1.5}, "train.epochs: must be a whole number, not 1.5"),
        ("train", {"clip_norm": float("nan")}, "train.clip_norm: must be a finite number, not .nan"),
        ("train", "fast", "train: must be a mapping of settings, not 'fast'"),
        ("inference", {"tta": []}, "inference.tta: is empty"),
        ("inference", {"tta": ["hflip", {"name": "shif"}]}, "inference.tta[2] (shif): no component 'shif'; did you"),
        ("inference", {"tta": ["hflip", "hflip"]}, "inference.tta: 'hflip' is listed twice"),
    ],
)
def test_an_invalid_setting_is_reported_without_the_names_of_python_types(
    raw: dict[str, Any], section: str, settings: object, message: str
) -> None:
    raw["baseline"][section] = settings
    assert refusal(raw).startswith(f"x.yaml: baseline.{message}")
    assert len(refusal(raw).splitlines()) == 1
