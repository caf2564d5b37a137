from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from small_experiment import changed, write_experiment

import ablation
from ablation.reporting.texts.data_text import DataSheet, data_text


def shown(sheet: DataSheet) -> str:
    text = io.StringIO()
    Console(file=text, width=120).print(data_text(sheet))
    return text.getvalue()


def sheet_of(folder: Path, text: str, **counts: int) -> DataSheet:
    return ablation.data(write_experiment(folder, text, counts), options=ablation.Options(root=folder / "store")).sheet


@pytest.fixture
def weighted() -> str:
    return changed("  train: {epochs: 1}", "  train: {epochs: 1}\n  balance: {sampling: weighted}")


def test_counts_stand_by_class_and_split(tmp_path: Path, weighted: str) -> None:
    sheet = sheet_of(tmp_path, weighted, cat=20, dog=10)
    rows = [line.split() for line in shown(sheet).splitlines()]
    assert ["class", "train", "val", "test", "total"] in rows
    assert ["cat", *(str(sheet.counts.loc["cat", split]) for split in ("train", "val", "test")), "20"] in rows
    assert sheet.counts["total"].tolist() == [20, 10]


def test_the_samplers_mix_is_that_of_the_recipe(tmp_path: Path, weighted: str) -> None:
    sheet = sheet_of(tmp_path, weighted, cat=100, dog=20)
    assert "classes in one epoch of training" in shown(sheet)
    drawn = sheet.mix.filter(like="drawn").iloc[:, 0]
    expected = sheet.mix.filter(like="expected").iloc[:, 0]
    np.testing.assert_allclose(expected, expected.mean())  # weighted by inverse frequency: all alike
    assert drawn.sum() == sheet.counts["train"].sum()


def test_files_that_are_no_images_are_counted_and_the_first_named(tmp_path: Path, weighted: str) -> None:
    sheet = sheet_of(tmp_path, weighted, cat=6, dog=6)
    assert "left out" not in shown(sheet)
    skipped = tuple(f"[{number}].txt" for number in range(7))
    text = " ".join(shown(dataclasses.replace(sheet, skipped=skipped)).split())
    assert "7 files are no images and were left out: [0].txt, [1].txt, [2].txt, [3].txt, [4].txt, ..." in text


def test_copies_across_splits_are_named_with_what_to_do(tmp_path: Path, weighted: str) -> None:
    file = write_experiment(tmp_path, weighted, {"cat": 8, "dog": 8})
    options = ablation.Options(root=tmp_path / "store")
    assert "no image stands in two splits" in shown(ablation.data(file, options=options).sheet)
    one = (tmp_path / "images" / "cat" / "0.png").read_bytes()
    for path in (tmp_path / "images" / "cat").iterdir():
        path.write_bytes(one)
    text = " ".join(shown(ablation.data(file, options=options).sheet).split())
    assert "images stand in an earlier split too" in text
    assert "remove the copies or group them" in text
