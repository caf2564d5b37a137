"""A folder for each class, with its images in it at any depth.

Changes     where images come from.
Helps       the layout most tools write. Subfolders train and val, valid, validation or test, each with the classes
            in it, are taken as official splits. Any format that Pillow reads, in any mix of sizes and modes.
Collides    nothing.
Cost        one look at every file's size and time when an experiment starts; decoding only once.
Asked by    000_b6ad96d08f4dca3a.txt.
Source      the layout of torchvision.datasets.ImageFolder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.decoded import Decoded
from ablation.recipe.data.official import official_split
from ablation.recipe.data.paths import existing_folder, files_under
from ablation.recipe.data.pixels import is_image


class Folder(DataSettings):
    """Images by class in subfolders; files that are no images are skipped and counted."""

    source: Literal["folder"] = "folder"
    path: str
    """The folder that holds the classes, or ``train`` and the other splits with the classes in each."""

    def files(self, base: Path) -> Iterable[Path]:
        return files_under(existing_folder(base, self.path, self.place))

    def decode(self, base: Path) -> Decoded:
        root = existing_folder(base, self.path, self.place)
        tops = _split_folders(root) or {root: None}
        found = [(path, split, name) for top, split in tops.items() for path, name in _by_class(top)]
        used = [(path, split, name) for path, split, name in found if is_image(path)]
        if not used:
            raise UserError(
                f"no images in {root} ({len(list(files_under(root)))} other files)",
                place=self.place,
                remedy="a folder for each class is expected, with its images in it",
            )
        paths = [path for path, _, _ in used]
        classes = tuple(sorted({folder.name for top in tops for folder in _folders(top)}))
        place_of = {name: place for place, name in enumerate(classes)}
        return Decoded(
            images=paths,
            labels=np.array([place_of[name] for _, _, name in used], dtype=np.int64),
            classes=classes,
            names=_relative(paths, root),
            official=None if None in tops.values() else np.array([split for _, split, _ in used], dtype=str),
            skipped=_relative(sorted(set(files_under(root)) - set(paths)), root),
        )


def _folders(top: Path) -> list[Path]:
    return sorted(path for path in top.iterdir() if path.is_dir() and not path.name.startswith("."))


def _split_folders(root: Path) -> dict[Path, str | None]:
    """The official splits by folder; none unless there is a training set and another."""
    tops: dict[Path, str | None] = {folder: official_split(folder.name) for folder in _folders(root)}
    tops = {folder: split for folder, split in tops.items() if split}
    return tops if "train" in tops.values() and len(tops) > 1 else {}


def _by_class(top: Path) -> Iterator[tuple[Path, str]]:
    """Every file in the class folders with the name of its class."""
    for folder in _folders(top):
        yield from ((path, folder.name) for path in files_under(folder))


def _relative(paths: list[Path], root: Path) -> tuple[str, ...]:
    return tuple(path.relative_to(root).as_posix() for path in paths)
