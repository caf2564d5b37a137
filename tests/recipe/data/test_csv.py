from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_files import paint_noise

from ablation.errors import UserError
from ablation.recipe.data.csv import Csv
from ablation.recipe.data.prepare import prepare
from ablation.recipe.data.split import split
from ablation.testing import DataSourceContract

ROWS = """image,label,fold,patient
a.png,NA,training,7
b.png,yes,valid,7
c.png,NA,test,8
"""


@pytest.fixture
def table(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    for name in "abc":
        paint(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text(ROWS)
    return tmp_path


def csv(**given: Any) -> Csv:
    return Csv(**{"path": "labels.csv"} | given)


def test_a_row_is_an_image_and_text_stays_text(table: Path) -> None:
    decoded = csv(split="fold", group="patient").decode(table)
    assert decoded.classes == ("NA", "yes")
    assert decoded.labels.tolist() == [0, 1, 0]
    assert decoded.names == ("a.png", "b.png", "c.png")
    assert decoded.official is not None
    assert decoded.official.tolist() == ["train", "val", "test"]
    assert decoded.groups is not None
    assert decoded.groups.tolist() == [0, 0, 1]


def test_images_may_lie_elsewhere(table: Path) -> None:
    (table / "tables").mkdir()
    (table / "labels.csv").rename(table / "tables" / "labels.csv")
    dataset = prepare(csv(path="tables/labels.csv", root=".", image_size=8), table, table / "datasets")
    assert dataset.images.shape == (3, 8, 8, 3)


def test_columns_have_the_names_that_the_settings_give(table: Path) -> None:
    (table / "labels.csv").write_text(ROWS.replace("image,label", "file,kind").replace(",", ";"))
    decoded = csv(image="file", label="kind", separator=";").decode(table)
    assert decoded.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "given", "place", "message"),
    [
        (ROWS, {"path": "missing.csv"}, "data.path", "does not exist"),
        (ROWS, {"label": "labels"}, "data.label", "columns: image, label, fold, patient"),
        (ROWS, {"group": "person"}, "data.group", "no column 'person'"),
        (ROWS, {"root": "nowhere"}, "data.root", "does not exist"),
        (ROWS.replace("yes", ""), {}, "data.label", "1 of 3 rows have no value, the first is row 2"),
        (ROWS.replace("b.png", "z.png"), {}, "data.image", "1 of 3 images are missing"),
        (ROWS.replace("valid", "mine"), {"split": "fold"}, "data.split", "'mine' is no split"),
        ("", {}, "data.path", "cannot be read"),
        ("image,label\n", {}, "data.path", "no rows"),
        (ROWS.replace("yes", "NA"), {}, "data.path", "one class only"),
    ],
)
def test_mistakes_are_refused_at_their_place(
    table: Path, text: str, given: dict[str, Any], place: str, message: str
) -> None:
    (table / "labels.csv").write_text(text)
    with pytest.raises(UserError) as refusal:
        prepare(csv(**given), table, table / "datasets")
    assert refusal.value.place == place
    assert message in str(refusal.value)


def test_a_file_that_is_no_image_is_named(table: Path) -> None:
    (table / "b.png").write_text("text")
    with pytest.raises(UserError, match=r"b\.png is an image that cannot be decoded"):
        prepare(csv(), table, table / "datasets")


def test_real_faces_are_decoded_and_split(real_data: Path, tmp_path: Path) -> None:
    source, kept = real_data / "emotion8", 300
    rows = (source / "labels.csv").read_text().splitlines()[: kept + 1]
    wanted = {row.split(",")[0] for row in rows[1:]}
    with tarfile.open(source / "images.tar") as archive:
        archive.extractall(tmp_path, [each for each in archive if each.name in wanted], filter="data")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    settings = csv(label="emotion", image_size=16, classes={"keep": ["happiness", "neutral"]})
    dataset = prepare(settings, tmp_path, tmp_path / "datasets")
    found = split(dataset, settings, "fixed_test", *map(np.random.default_rng, range(3)))
    assert dataset.images.shape == (kept, 16, 16, 3)
    assert found.classes == ("happiness", "neutral")


class TestCsv(DataSourceContract):
    source = Csv

    def written(self, folder: Path) -> Csv:
        for name in "abc":
            paint_noise(folder / f"{name}.png")
        (folder / "labels.csv").write_text(ROWS)
        return csv(split="fold", group="patient")
