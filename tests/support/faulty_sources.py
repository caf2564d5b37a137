"""Sources of data that each break one clause of the contract."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from data_files import paint_noise

from ablation.errors import UserError
from ablation.recipe.data.decoded import Decoded
from ablation.recipe.data.folder import Folder


class Sound(Folder):
    """A source without a fault."""

    source: str  # type: ignore[assignment]


class LabelsBeyond(Sound):
    def decode(self, base: Path) -> Decoded:
        decoded = super().decode(base)
        return replace(decoded, labels=decoded.labels + 1)


class Reorders(Sound):
    def decode(self, base: Path) -> Decoded:
        decoded = super().decode(base)
        names = tuple(f"{name} {time.perf_counter_ns()}" for name in decoded.names)
        return replace(decoded, names=names)


class NamesItsPlace(Sound):
    def decode(self, base: Path) -> Decoded:
        decoded = super().decode(base)
        return replace(decoded, classes=tuple(f"{base.name}/{name}" for name in decoded.classes))


class TakesNotes(Sound):
    def decode(self, base: Path) -> Decoded:
        decoded = super().decode(base)
        return replace(decoded, classes=(*decoded.classes, *(f"extra {name}" for name in decoded.skipped)))


class NamesNoPlace(Sound):
    def files(self, base: Path) -> Iterable[Path]:
        if not (base / self.path).exists():
            raise UserError("nothing is there")
        return super().files(base)


def written(kind: type[Sound], folder: Path) -> Sound:
    """A tiny data set of two classes, named by settings of a kind."""
    for name in ("cat/0.png", "cat/1.png", "dog/0.png"):
        paint_noise(folder / "images" / name)
    return kind(source=f"{kind.__module__}:{kind.__name__}", path="images", image_size=8)
