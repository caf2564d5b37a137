from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_experiment import write_experiment
from tiny_experiment import tiny_file

import ablation
from ablation.cli import main
from ablation.errors import UserError
from ablation.reporting.figures.preview import preview_sheet


def test_a_preview_has_the_rows_name_and_the_figure_of_its_images(tmp_path: Path) -> None:
    file, options = write_experiment(tmp_path), ablation.Options(tmp_path / "store", "cpu")
    shown = ablation.preview(file, "Flips", images=4, epochs=3, options=options)
    assert "Flips" in shown.row
    assert shown.images.changed.shape == (4, 3, 8, 8, 3)
    expected = preview_sheet(shown.images.images, shown.images.changed, shown.images.labels, title=shown.row)
    assert np.array_equal(shown.figure.get_size_inches(), expected.get_size_inches())


def test_data_are_counted_and_drawn(tmp_path: Path) -> None:
    shown = ablation.data(write_experiment(tmp_path), options=ablation.Options(tmp_path / "store"))
    assert shown.sheet.counts["total"].sum() == 12
    assert shown.figure.get_axes()
    assert "images by class and split" in str(shown)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Any:
    """Run ``ablation profile``; gives its exit code."""
    monkeypatch.setattr(sys, "argv", ["ablation", "profile", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code or 0


def test_a_mistake_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tiny_file(tmp_path), "--rung", "Wings", "--store", tmp_path / "store") == 2
    assert "--rung" in capsys.readouterr().err


def test_what_does_not_fit_into_memory_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("ablation.core.profiling.profile.profile_training", full)
    options = ablation.Options(tmp_path / "store", "cpu")
    with pytest.raises(UserError, match="does not fit") as mistake:
        ablation.profile(tiny_file(tmp_path), "baseline", steps=3, options=options)
    assert mistake.value.remedy.endswith("--set train.batch_size=8")


@pytest.mark.slow
def test_the_command_shows_a_rows_time_and_options_and_keeps_the_data_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    store, out = tmp_path / "store", tmp_path / "profile.json"
    arguments = ["--rung", "Basic augmentation", "--steps", 5, "--device", "cpu", "--store", store, "--out", out]
    assert run(monkeypatch, tiny_file(tmp_path), *arguments) == 0
    text, record = capsys.readouterr().out, json.loads(out.read_text())
    assert "+ Basic augmentation on cpu: where the time of its training goes" in text
    assert "--set" in text
    assert str(out) in text
    assert {"data", "augmentation", "forward_backward", "optimizer", "evaluation"} <= set(record["parts"])
    assert all(part["seconds"] > 0 for part in record["parts"].values())
    assert sum(part["share"] for part in record["parts"].values()) == pytest.approx(1)
    assert 0 < record["roofline"]["share"] <= 1.05
    assert {each["override"] for each in record["levers"]} >= {"train.memory_format=channels_last"}
    assert not [each["problem"] for each in record["levers"] if each["problem"]]
    assert {path.name for path in store.iterdir()} == {"datasets"}
