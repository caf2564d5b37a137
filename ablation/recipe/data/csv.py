"""A table of image files and their labels, as CSV.

Changes     where images come from.
Helps       labels kept apart from the images; official splits and groups (patients, cameras, scenes) by a column.
Collides    nothing.
Cost        one look at every file's size and time when an experiment starts; decoding only once.
Asked by    000_b6ad96d08f4dca3a.txt (emotion labels in a table).
Source      RFC 4180.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.columns import check_column, check_filled, encoded
from ablation.recipe.data.decoded import Decoded
from ablation.recipe.data.official import official_split
from ablation.recipe.data.paths import existing, existing_folder

if TYPE_CHECKING:
    import pandas as pd


class Csv(DataSettings):
    """A row for each image; all values are read as text."""

    source: Literal["csv"] = "csv"
    path: str
    """The table, UTF-8 with a header."""
    root: str | None = None
    """Folder that the image paths start from; the table's own folder by default."""
    separator: str = Field(",", min_length=1, max_length=1)
    """Character between the columns."""
    image: str = "image"
    """Column with the path of the image."""
    label: str = "label"
    """Column with the name of the class."""
    split: str | None = None
    """Column with the official split (train, val or test), if there is one."""
    group: str | None = None
    """Column whose equal values must stay in one split, if there is one."""

    def files(self, base: Path) -> Iterable[Path]:
        return [existing(base, self.path, self.place), *self._images(base, self._table(base))]

    def decode(self, base: Path) -> Decoded:
        table = self._table(base)
        labels, classes = encoded(self._column(table, "label"))
        return Decoded(
            images=self._images(base, table),
            labels=labels,
            classes=classes,
            names=tuple(self._column(table, "image")),
            official=None if self.split is None else _official(self._column(table, "split")),
            groups=None if self.group is None else encoded(self._column(table, "group"))[0],
        )

    def _table(self, base: Path) -> pd.DataFrame:
        import pandas as pd  # 0.8 s to import, and only needed here

        path = existing(base, self.path, self.place)
        try:  # a class may well be called NA or null: only an empty field is missing
            table = pd.read_csv(path, dtype=str, keep_default_na=False, sep=self.separator, encoding="utf-8-sig")
        except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
            raise UserError(
                f"{path} cannot be read: {error}", place=self.place, remedy="UTF-8 CSV is expected"
            ) from error
        if table.empty:
            raise UserError(f"{path} has no rows", place=self.place)
        return table

    def _column(self, table: pd.DataFrame, setting: str) -> list[str]:
        """The values of the column that the setting names."""
        name, place = getattr(self, setting), f"data.{setting}"
        check_column(name, table.columns, place)
        values: list[str] = table[name].tolist()
        check_filled(values, place)
        return values

    def _images(self, base: Path, table: pd.DataFrame) -> list[Path]:
        """The image files, all of which exist."""
        folder = existing(base, self.path, self.place).parent
        root = folder if self.root is None else existing_folder(base, self.root, "data.root")
        paths = [root / name for name in self._column(table, "image")]
        if missing := [path for path in paths if not path.is_file()]:
            raise UserError(
                f"{len(missing)} of {len(paths)} images are missing, the first is {missing[0]}",
                place="data.image" if self.root is None else "data.root",
                remedy="set data.root to the folder that the paths in the table start from",
            )
        return paths


def _official(words: Sequence[str]) -> NDArray[np.str_]:
    splits = {word: official_split(word) for word in dict.fromkeys(words)}
    if unknown := [word for word, split in splits.items() if split is None]:
        raise UserError(f"{unknown[0]!r} is no split", place="data.split", remedy="known: train, val, test")
    return np.array([splits[word] for word in words], dtype=str)
