from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL

from ablation.errors import UserError
from ablation.experiment.config.file import Experiment, load, validated
from ablation.experiment.config.yaml_text import parse_yaml


def loaded(folder: Path, text: str, *overrides: str) -> Experiment:
    file = folder / "x.yaml"
    file.write_text(text)
    return load(file, overrides)


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        validated(raw, "x.yaml")
    return str(caught.value)


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "raw.yaml").write_text(SMALL)
    return parse_yaml(tmp_path / "raw.yaml")


def test_the_same_experiment_is_written_in_python(raw: dict[str, Any], tmp_path: Path) -> None:
    assert Experiment(**raw) == loaded(tmp_path, SMALL)


def test_replicates_are_those_asked_for_or_the_files(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL)
    assert load(tmp_path / "x.yaml").replicates == 2
    assert load(tmp_path / "x.yaml", replicates=7).replicates == 7


@pytest.mark.parametrize("name", ["a/b", "", "x" * 61, "a\nb"])
def test_a_rungs_name_fits_into_a_table_and_into_set(raw: dict[str, Any], name: str) -> None:
    raw["rungs"][0]["name"] = name
    assert refusal(raw).startswith(f"x.yaml: rungs[1] ({name}).name: ")
