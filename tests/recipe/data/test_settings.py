from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from ablation.recipe.component import choices
from ablation.recipe.data import DataSettings
from ablation.testing import DataSourceContract


@pytest.mark.parametrize("name", choices(DataSettings))
def test_every_source_is_held_to_the_contract_in_the_test_of_its_module(name: str) -> None:
    source = choices(DataSettings)[name]
    file = Path(__file__).with_name(f"test_{source.__module__.rpartition('.')[2]}.py")
    spec = importlib.util.spec_from_file_location(f"contract_of_{name}", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    suites = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, DataSourceContract)]
    assert source in [getattr(suite, "source", None) for suite in suites]


@pytest.mark.parametrize(
    "wrong",
    [
        {"test_size": 1.0},
        {"test_size": 0},
        {"val_size": -3},
        {"train_fraction": 0},
        {"imbalance": 0.5},
        {"limit": 0},
        {"image_size": 0},
        {"std": [0, 1, 1]},
        {"colour": "grey"},
        {"label_noise": 1.0},
        {"label_noise": -0.1},
        {"label_noise": float("nan")},
        {"positive_class": ["1"]},
        {"positive_class": True},
        {"classes": {"keep": ["1"], "drop": ["1"]}},
        {"classes": {"merge": {"x": ["1"], "y": ["1"]}}},
    ],
)
def test_values_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DataSettings.choose({"source": "digits"} | wrong)


def test_settings_survive_being_written_and_read() -> None:
    given = {"source": "digits", "test_size": 800, "classes": {"keep": [0, 1, 2], "merge": {"low": [0, 1]}}}
    settings = DataSettings.choose(given)
    assert settings.classes.keep == ("0", "1", "2")
    assert DataSettings.choose(settings.model_dump(mode="json")) == settings


def test_a_positive_class_may_be_written_as_a_number() -> None:
    assert DataSettings.choose({"source": "digits", "positive_class": 1}).positive_class == "1"


def test_loading_a_dataset_needs_no_torch() -> None:
    code = "import sys; import ablation.recipe.data.split, ablation.recipe.data.prepare; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
