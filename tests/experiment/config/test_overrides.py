from __future__ import annotations

from pathlib import Path

import pytest
from small_experiment import SMALL, changed

from ablation.errors import UserError
from ablation.experiment.config.file import Experiment, load


def loaded(folder: Path, text: str, *overrides: str, without: tuple[str, ...] = ()) -> Experiment:
    file = folder / "x.yaml"
    file.write_text(text)
    return load(file, overrides, without=without)


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


def test_a_rung_left_out_leaves_the_promises_of_several_too(tmp_path: Path) -> None:
    promises = "promises:\n  - {of: [Wider, Flips], expect: 3}\n  - {of: [Wider], expect: 1}\n"
    experiment = loaded(tmp_path, SMALL + promises, without=("Wider",))
    assert [rung.name for rung in experiment.rungs] == ["Focal loss", "Flips", "Cosine", "Views"]
    assert [promise.of for promise in experiment.promises] == [("Flips",)]
    assert experiment.overrides == ("without Wider",)


@pytest.mark.parametrize("override", ["epochs=3", "train.epochs", "train..epochs=3", "Flips/=3"])
def test_a_text_of_another_format_is_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(UserError, match="--set: cannot read"):
        loaded(tmp_path, SMALL, override)


def test_an_unknown_rung_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--set: no rung 'Flip' in .*\n.*Flips"):
        loaded(tmp_path, SMALL, "Flip/train.epochs=3")
    with pytest.raises(UserError, match=r"--without: no rung 'Flip' in .*\n.*Flips"):
        loaded(tmp_path, SMALL, without=("Flip",))
