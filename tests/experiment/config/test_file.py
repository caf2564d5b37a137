from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL, changed

from ablation.errors import UserError
from ablation.experiment.config.file import Experiment, load, validated
from ablation.experiment.config.promises import PromiseSettings
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


@pytest.mark.parametrize(("text", "expect"), [("3", (3, 3)), ("[3, 5]", (3, 5)), ("-1.5", (-1.5, -1.5))])
def test_a_promise_is_a_number_or_a_range(tmp_path: Path, text: str, expect: tuple[float, float]) -> None:
    experiment = loaded(tmp_path, changed("name: Cosine\n", f"name: Cosine\n    expect: {text}\n"))
    assert [rung.expect for rung in experiment.rungs] == [(), (), (), (PromiseSettings(gain=expect),), ()]


def test_the_same_experiment_is_written_in_python(raw: dict[str, Any], tmp_path: Path) -> None:
    assert Experiment(**raw) == loaded(tmp_path, SMALL)


def test_set_changes_a_setting_of_the_baseline(tmp_path: Path) -> None:
    experiment = loaded(tmp_path, SMALL, "train.epochs=3", "optimizer.lr=1e-4", "model.backbone.width=5")
    assert experiment.baseline.train.epochs == 3
    assert experiment.baseline.optimizer.lr == 1e-4
    assert experiment.baseline.model.backbone.model_dump() == {"name": "small_cnn", "width": 5, "conv_dropout": 0.0}


def test_set_changes_a_setting_of_one_rungs_patch(tmp_path: Path) -> None:
    experiment = loaded(tmp_path, SMALL, "Focal loss/loss.gamma=1", "Flips/train.batch_size=4")
    assert experiment.rungs[1].patch == {"loss": {"name": "focal", "gamma": 1}}
    assert experiment.rungs[2].patch["train"] == {"batch_size": 4}


def test_set_on_a_bare_name_keeps_the_name(tmp_path: Path) -> None:
    text = changed("{source: folder, path: images, image_size: 8}", "digits").replace(
        "loss: {name: focal}", "loss: focal"
    )
    experiment = loaded(tmp_path, text, "data.limit=90", "Focal loss/loss.gamma=1")
    assert experiment.baseline.data.source == "digits"
    assert experiment.rungs[1].patch == {"loss": {"name": "focal", "gamma": 1}}


def test_set_takes_an_equals_sign_in_the_value_and_a_list(tmp_path: Path) -> None:
    experiment = loaded(tmp_path, SMALL, "data.path=a=b", "data.mean=[0, 0.5, 1]")
    assert experiment.baseline.data.model_dump()["path"] == "a=b"
    assert experiment.baseline.data.mean == (0, 0.5, 1)


def test_set_on_one_rung_leaves_another_that_shares_its_patch_by_an_alias(tmp_path: Path) -> None:
    text = changed("patch: {loss: {name: focal}}", "patch: &p {loss: {name: focal}}")
    text = text.replace("patch: {augment: {name: basic}}", "patch: *p")
    one, other = loaded(tmp_path, text, "Focal loss/loss.gamma=1").rungs[1:3]
    assert one.patch == {"loss": {"name": "focal", "gamma": 1}}
    assert other.patch == {"loss": {"name": "focal"}}


def test_replicates_are_those_asked_for_or_the_files(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL)
    assert load(tmp_path / "x.yaml").replicates == 2
    assert load(tmp_path / "x.yaml", replicates=7).replicates == 7


def test_several_mistakes_are_told_at_once_each_in_its_place(raw: dict[str, Any]) -> None:
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
def test_a_bad_setting_is_told_without_the_names_of_python_types(
    raw: dict[str, Any], section: str, settings: object, message: str
) -> None:
    raw["baseline"][section] = settings
    assert refusal(raw).startswith(f"x.yaml: baseline.{message}")
    assert len(refusal(raw).splitlines()) == 1


@pytest.mark.parametrize("name", ["a/b", "", "x" * 61, "a\nb"])
def test_a_rungs_name_fits_into_a_table_and_into_set(raw: dict[str, Any], name: str) -> None:
    raw["rungs"][0]["name"] = name
    assert refusal(raw).startswith(f"x.yaml: rungs[1] ({name}).name: ")
