from __future__ import annotations

from pathlib import Path

import numpy as np
from small_experiment import write_experiment

import ablation
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
