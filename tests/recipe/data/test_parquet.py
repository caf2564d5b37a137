from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ablation.errors import UserError
from ablation.recipe.data.parquet import Parquet
from ablation.recipe.data.prepare import prepare
from ablation.testing import DataSourceContract


def png(value: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (4, 4), (value, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def write(path: Path, labels: list[Any], names: list[str] | None = None, **columns: list[Any]) -> None:
    images = [{"bytes": png(number), "path": f"{number}.png"} for number in range(len(labels))]
    table = pa.table({"image": images, "label": labels} | columns)
    if names is not None:
        features = {"label": {"_type": "ClassLabel", "names": names}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def test_labels_are_named_by_the_schemas_metadata(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", [1, 0, 1], ["cat", "dog"])
    dataset = prepare(Parquet(path="x.parquet", image_size=4), tmp_path, tmp_path / "datasets")
    assert dataset.classes == ("cat", "dog")
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.images[:, 0, 0].tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0]]
    assert dataset.names == ("x[0]", "x[1]", "x[2]")


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [([10, 9, 10], ("9", "10"), [1, 0, 1]), (["b", "a", "b"], ("a", "b"), [1, 0, 1])],
)
def test_labels_without_names_are_called_by_their_values(
    tmp_path: Path, labels: list[Any], classes: tuple[str, ...], expected: list[int]
) -> None:
    write(tmp_path / "x.parquet", labels)
    decoded = Parquet(path="x.parquet").decode(tmp_path)
    assert (decoded.classes, decoded.labels.tolist()) == (classes, expected)


def test_splits_are_read_off_the_names_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / "d" / "train-00000-of-00002.parquet", [0, 1])
    write(tmp_path / "d" / "train-00001-of-00002.parquet", [0])
    write(tmp_path / "d" / "validation-00000-of-00001.parquet", [1])
    write(tmp_path / "d" / "test.parquet", [0])
    decoded = Parquet(path="d").decode(tmp_path)
    assert decoded.official is not None
    assert decoded.official.tolist() == ["test", "train", "train", "train", "val"]
    assert len(list(decoded.images)) == 5


def test_files_of_one_kind_have_no_official_split(tmp_path: Path) -> None:
    write(tmp_path / "d" / "train-00000-of-00001.parquet", [0, 1])
    assert Parquet(path="d").decode(tmp_path).official is None


def test_groups_are_a_column(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", [0, 1, 0], scene=[3, 1, 3])
    decoded = Parquet(path="x.parquet", group="scene").decode(tmp_path)
    assert decoded.groups is not None
    assert decoded.groups[0] == decoded.groups[2] != decoded.groups[1]


@pytest.mark.parametrize(
    ("labels", "names", "given", "place", "message"),
    [
        ([0, 1], None, {"path": "y.parquet"}, "data.path", "does not exist"),
        ([0, 1], None, {"label": "kind"}, "data.label", "columns: image, label"),
        ([0, 1], None, {"image": "img"}, "data.image", "columns: image, label"),
        ([0, 1], None, {"image": "label"}, "data.image", "stored as int"),
        ([0, None], None, {}, "data.label", "1 of 2 rows have no value"),
        ([-1, -1], None, {}, "data.label", "-1"),
        ([0, 2], ["a", "b"], {}, "data.label", "2 names"),
        ([0, 0], ["a"], {}, "data.path", "one class only"),
    ],
)
def test_mistakes_are_refused_at_their_place(
    tmp_path: Path, labels: list[Any], names: list[str] | None, given: dict[str, str], place: str, message: str
) -> None:
    write(tmp_path / "x.parquet", labels, names)
    with pytest.raises(UserError) as refusal:
        prepare(Parquet(**{"path": "x.parquet"} | given), tmp_path, tmp_path / "datasets")
    assert refusal.value.place == place
    assert message in str(refusal.value)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("text")
    with pytest.raises(UserError, match="cannot be read"):
        prepare(Parquet(path="x.parquet"), tmp_path, tmp_path / "datasets")


def test_files_of_mixed_kinds_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "d" / "train.parquet", [0, 1])
    write(tmp_path / "d" / "more.parquet", [0, 1])
    with pytest.raises(UserError, match=r"more\.parquet belongs to no split"):
        Parquet(path="d").decode(tmp_path)


def test_real_cifar10_is_read_as_it_is(real_data: Path) -> None:
    decoded = Parquet(path=str(real_data / "cifar10")).decode(real_data)
    assert decoded.classes[:2] == ("airplane", "automobile")
    assert decoded.official is not None
    assert {name: int((decoded.official == name).sum()) for name in ("train", "test")} == {
        "train": 50000,
        "test": 10000,
    }
    assert (np.bincount(decoded.labels) == 6000).all()
    assert isinstance(next(iter(decoded.images)), bytes)


class TestParquet(DataSourceContract):
    source = Parquet

    def written(self, folder: Path) -> Parquet:
        write(folder / "images" / "train.parquet", [0, 1, 0], ["cat", "dog"])
        write(folder / "images" / "test.parquet", [1, 0], ["cat", "dog"])
        return Parquet(path="images")
