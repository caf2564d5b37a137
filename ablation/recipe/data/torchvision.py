"""A dataset that torchvision knows by name, such as CIFAR10 or FashionMNIST.

Changes     where images come from.
Helps       the usual benchmarks, with their official splits, downloaded where there is a network.
Collides    nothing.
Cost        a download; decoding only once.
Asked by    nobody; the field's usual benchmarks.
Source      torchvision.datasets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, field_validator

from ablation.errors import UserError, nearest
from ablation.recipe.data import DataSettings
from ablation.recipe.data.decoded import Decoded
from ablation.recipe.data.paths import files_under, resolved

_FLAG = {"train": {"train": True}, "test": {"train": False}}
_TWO = {"train": {"split": "train"}, "test": {"split": "test"}}
_THREE = {"train": {"split": "train"}, "val": {"split": "val"}, "test": {"split": "test"}}
_WHOLE: dict[str, dict[str, object]] = {"all": {}}

SPLITS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    **dict.fromkeys(("CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "KMNIST", "USPS"), _FLAG),
    **dict.fromkeys(("SVHN", "STL10", "Food101", "GTSRB", "StanfordCars"), _TWO),
    **dict.fromkeys(("Flowers102", "DTD", "FGVCAircraft", "PCAM", "RenderedSST2"), _THREE),
    **dict.fromkeys(("EuroSAT", "Caltech101", "Caltech256", "SUN397"), _WHOLE),
    "Country211": _THREE | {"val": {"split": "valid"}},
    "OxfordIIITPet": _TWO | {"train": {"split": "trainval"}},
    "Imagenette": {"train": {"split": "train"}, "val": {"split": "val"}},
}
"""For each dataset its official splits and how torchvision is asked for them."""


class Torchvision(DataSettings):
    """A benchmark of torchvision's."""

    place: ClassVar[str] = "data.root"

    source: Literal["torchvision"] = "torchvision"
    dataset: str = Field(json_schema_extra={"enum": list(SPLITS)})
    """Name of the class in torchvision.datasets."""
    root: str = "data"
    """Folder that holds the dataset as torchvision's download leaves it."""
    download: bool = False
    """Whether to download what is missing."""

    @field_validator("dataset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in SPLITS:
            raise ValueError(f"no dataset {name!r}; {nearest(name, SPLITS)}")
        return name

    def files(self, base: Path) -> Iterable[Path]:
        return files_under(resolved(base, self.root))

    def fetch(self, base: Path) -> None:
        if self.download:
            self._parts(base, download=True)

    def decode(self, base: Path) -> Decoded:
        parts = self._parts(base, download=False)
        labels = [_labels(part) for part in parts.values()]
        joined = np.concatenate(labels)
        return Decoded(
            images=(image for part in parts.values() for image in _images(part)),
            labels=joined,
            classes=_class_names(next(iter(parts.values())), int(joined.max()) + 1),
            names=tuple(f"{split}[{row}]" for split, part in parts.items() for row in range(len(part))),
            official=None if len(parts) == 1 else np.repeat(list(parts), [len(each) for each in labels]),
        )

    def _parts(self, base: Path, download: bool) -> dict[str, Any]:
        """The official splits as torchvision's datasets."""
        from torchvision import datasets  # imports torch: seconds

        root, kind = resolved(base, self.root), getattr(datasets, self.dataset)
        try:
            return {
                split: kind(root=str(root), download=download, **arguments)
                for split, arguments in SPLITS[self.dataset].items()
            }
        except (RuntimeError, OSError, ImportError) as error:  # no network, no files, or a package torchvision wants
            raise UserError(
                f"{self.dataset} cannot be {'downloaded to' if download else 'read from'} {root}: {error}",
                place=self.place,
                remedy=f"place {_expected(kind)} there, or set data.download: true where there is a network",
            ) from error


def _labels(part: Any) -> NDArray[np.int64]:
    """The labels, without decoding images where torchvision keeps them apart."""
    for name in ("targets", "labels", "_labels", "y"):
        if hasattr(part, name):
            return np.asarray(getattr(part, name), dtype=np.int64)
    return np.array([label for _, label in part], dtype=np.int64)


def _images(part: Any) -> Iterator[Image.Image]:
    return (part[row][0] for row in range(len(part)))


def _class_names(part: Any, count: int) -> tuple[str, ...]:
    names: Sequence[object] = getattr(part, "classes", ())
    return tuple(str(name) for name in names) if len(names) >= count else tuple(str(place) for place in range(count))


def _expected(kind: Any) -> str:
    """What torchvision looks for under its root."""
    if hasattr(kind, "base_folder"):
        return f"the folder {kind.base_folder} (from {kind.url})"
    if hasattr(kind, "resources"):
        return f"{kind.__name__}/raw/ with {', '.join(name.removesuffix('.gz') for name, _ in kind.resources)}"
    return f"what torchvision.datasets.{kind.__name__} downloads"
