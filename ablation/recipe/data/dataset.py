"""A decoded dataset: a folder named by its fingerprint, and the frozen value that is read from it.

The folder holds ``images.npy`` (n, size, size, 3) uint8, memory-mapped, and ``dataset.json``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError
from ablation.recipe.data.decoded import Decoded

IMAGES, METADATA = "images.npy", "dataset.json"
_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of one size with their labels.

    Args:
        images: shape (n, size, size, 3) uint8, read-only, on disk.
        labels: shape (n,) int64, positions in ``classes``.
        classes: the names of the classes as the source has them.
        names: of each image, n of them.
        official: shape (n,) of ``train``, ``val`` and ``test``, or None if the source has no splits of its own.
        groups: shape (n,) int64, equal for images that must stay in one split, or None.
        fingerprint: SHA-256 of pixels, labels, class names, official splits and groups.
        skipped: names of files that were found and not used.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    official: NDArray[np.str_] | None
    groups: NDArray[np.int64] | None
    fingerprint: str
    skipped: tuple[str, ...]


def load_dataset(datasets: Path, fingerprint: str) -> Dataset:
    """The dataset that ``prepare`` wrote to a folder of datasets.

    Raises:
        UserError: it does not exist.
    """
    folder = datasets / fingerprint
    if not folder.is_dir():
        raise UserError(f"no decoded dataset {fingerprint[:12]}", place=str(datasets), remedy="prepare it again")
    stored = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    return Dataset(
        images=np.load(folder / IMAGES, mmap_mode="r"),
        labels=np.array(stored["labels"], dtype=np.int64),
        classes=tuple(stored["classes"]),
        names=tuple(stored["names"]),
        official=None if stored["official"] is None else np.array(stored["official"], dtype=str),
        groups=None if stored["groups"] is None else np.array(stored["groups"], dtype=np.int64),
        fingerprint=fingerprint,
        skipped=tuple(stored["skipped"]),
    )


def metadata(decoded: Decoded) -> str:
    """Everything except the pixels, as ``load_dataset`` reads it."""
    return json.dumps(
        {
            "labels": decoded.labels.tolist(),
            "classes": decoded.classes,
            "official": None if decoded.official is None else decoded.official.tolist(),
            "groups": None if decoded.groups is None else decoded.groups.tolist(),
            "names": decoded.names,
            "skipped": decoded.skipped,
        }
    )


def fingerprint(images: NDArray[np.uint8], decoded: Decoded) -> str:
    """SHA-256 of everything that a training can depend on; not of paths and times."""
    official = None if decoded.official is None else decoded.official.tolist()
    groups = None if decoded.groups is None else decoded.groups.tolist()
    digest = hashlib.sha256()
    content = [list(images.shape), decoded.labels.tolist(), decoded.classes, official, groups]
    digest.update(json.dumps(content).encode())
    for start in range(0, len(images), _CHUNK):
        digest.update(images[start : start + _CHUNK].tobytes())
    return digest.hexdigest()
