"""Parquet files in the layout of Hugging Face image datasets.

Changes     where images come from.
Helps       datasets downloaded from the Hugging Face hub, as they are. Files named train*, val*, validation* and
            test* are taken as official splits.
Collides    nothing.
Cost        one look at every file's size and time when an experiment starts; decoding only once.
Asked by    nobody; the hub's usual format.
Source      Hugging Face datasets, features.Image and features.ClassLabel in the schema's metadata.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.columns import check_column, check_filled, encoded
from ablation.recipe.data.decoded import Decoded, RawImage
from ablation.recipe.data.official import official_split
from ablation.recipe.data.paths import existing

_ROWS = 256  # images read at a time; bounds the memory


class Parquet(DataSettings):
    """Images stored as bytes in the rows, labels as numbers or names."""

    source: Literal["parquet"] = "parquet"
    path: str
    """A .parquet file, or a folder of them."""
    image: str = "image"
    """Column with the image: bytes, or the struct of bytes and path that Hugging Face writes."""
    label: str = "label"
    """Column with the class: a number, named in the schema's metadata where that is there, or a name."""
    group: str | None = None
    """Column whose equal values must stay in one split, if there is one."""

    def files(self, base: Path) -> Iterable[Path]:
        path = existing(base, self.path, self.place)
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise UserError(f"no .parquet files in {path}", place=self.place)
        return files

    def decode(self, base: Path) -> Decoded:
        files = list(self.files(base))
        labels, classes = self._labels(files)
        return Decoded(
            images=self._images(files),
            labels=labels,
            classes=classes,
            names=tuple(f"{file.stem}[{row}]" for file in files for row in range(_rows(file))),
            official=_official(files),
            groups=None if self.group is None else encoded([str(g) for g in self._column(files, "group")])[0],
        )

    def _column(self, files: Sequence[Path], setting: str) -> list[Any]:
        """The values of the column that the setting names, over all files."""
        name, place, values = getattr(self, setting), f"data.{setting}", []
        for file in files:
            with _reading(file) as opened:
                check_column(name, opened.schema_arrow.names, place)
                values += opened.read(columns=[name]).column(name).to_pylist()
        check_filled(values, place)
        return values

    def _labels(self, files: Sequence[Path]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        values = self._column(files, "label")
        if not all(isinstance(value, int) for value in values):
            return encoded([str(value) for value in values])
        labels = np.array(values, dtype=np.int64)
        numbers = np.unique(labels)
        names = _class_names(files[0], self.label)
        if names and numbers[0] >= 0 and numbers[-1] < len(names):
            return labels, names
        if names or numbers[0] < 0:
            raise UserError(
                f"labels run from {numbers[0]} to {numbers[-1]}, and {len(names)} names are given",
                place="data.label",
                remedy="take out the files without labels; labels count from 0",
            )
        return np.searchsorted(numbers, labels).astype(np.int64), tuple(str(number) for number in numbers)

    def _images(self, files: Sequence[Path]) -> Iterator[RawImage]:
        for file in files:
            with _reading(file) as opened:
                check_column(self.image, opened.schema_arrow.names, "data.image")
                for batch in opened.iter_batches(_ROWS, columns=[self.image]):
                    yield from (_raw(value, file.parent) for value in batch.column(0).to_pylist())


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    import pyarrow as pa  # slow to import, and only needed here
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as opened:
            yield opened
    except (OSError, pa.lib.ArrowException) as error:
        raise UserError(f"{path} cannot be read: {error}", place="data.path", remedy="Parquet is expected") from error


def _rows(path: Path) -> int:
    with _reading(path) as opened:
        return int(opened.metadata.num_rows)


def _raw(value: object, folder: Path) -> RawImage:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        if isinstance(stored := value.get("bytes"), bytes):
            return stored
        if isinstance(path := value.get("path"), str):
            return folder / path
    raise UserError(
        f"an image is stored as {type(value).__name__}",
        place="data.image",
        remedy="bytes, or a struct with the field bytes",
    )


def _class_names(path: Path, column: str) -> tuple[str, ...]:
    """The names that Hugging Face wrote for a column of labels; none where it wrote none."""
    with _reading(path) as opened:
        metadata = (opened.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
    features = json.loads(metadata).get("info", {}).get("features", {})
    return tuple(features.get(column, {}).get("names", ()))


def _official(files: Sequence[Path]) -> NDArray[np.str_] | None:
    """The split of every row by the name of its file (``train-00000-of-00002``); None where all are of one kind."""
    splits = [official_split(re.split(r"[^A-Za-z]", file.stem)[0]) for file in files]
    if len(set(splits)) == 1:
        return None
    if None in splits or "train" not in splits:
        odd = files[splits.index(None)].name if None in splits else files[0].name
        raise UserError(
            f"{odd} belongs to no split",
            place="data.path",
            remedy="begin the names with train, val or test, all of them or none; train must be there",
        )
    return np.repeat(np.array(splits, dtype=str), [_rows(file) for file in files])
