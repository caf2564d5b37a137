"""Decodes a source once to a dataset on disk; later calls load that dataset.

An index beside the datasets maps the settings of a source and its files, with sizes and times, to the fingerprint of
the decoded dataset. It ignores settings that only split or normalise.
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from filelock import FileLock
from numpy.typing import NDArray

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.dataset import IMAGES, METADATA, Dataset, fingerprint, load_dataset, metadata
from ablation.recipe.data.decoded import Decoded
from ablation.recipe.data.pixels import BROKEN, square

_VERSION = 1  # raise it when the same files decode to other pixels
_CHUNK = 256  # images decoded at once; bounds the memory
_NOT_DECODING = set(DataSettings.model_fields) - {"source", "image_size"}


def prepare(settings: DataSettings, base: Path, datasets: Path) -> Dataset:
    """The dataset of the settings, decoded now if it was not before.

    Two processes at once decode once; a killed process leaves no partial dataset.

    Args:
        base: folder of the experiment file; relative paths start here.
        datasets: folder of the decoded datasets; created if missing.

    Raises:
        UserError: the source is missing, empty, damaged, or has one class only.
    """
    if known := _known(settings, base, datasets):
        return known
    datasets.mkdir(parents=True, exist_ok=True)
    with FileLock(datasets / ".lock"):
        return _known(settings, base, datasets) or _decoded_now(settings, base, datasets)


def _decoded_now(settings: DataSettings, base: Path, datasets: Path) -> Dataset:
    settings.fetch(base)
    key = _key(settings, base)
    decoded = settings.decode(base)
    _check(decoded, settings.place)
    _store_index(_entry(datasets, key), _stored(decoded, settings, datasets), decoded)
    if dataset := _known(settings, base, datasets):
        return dataset
    raise UserError("the files changed while they were read", place=settings.place, remedy="start again")


def _known(settings: DataSettings, base: Path, datasets: Path) -> Dataset | None:
    """The dataset in the index for these settings and files, with the names of this source."""
    entry = _entry(datasets, _key(settings, base))
    if not entry.exists():
        return None
    stored = json.loads(entry.read_text(encoding="utf-8"))
    if not (datasets / stored["fingerprint"]).is_dir():
        return None
    dataset = load_dataset(datasets, stored["fingerprint"])
    return dataclasses.replace(dataset, names=tuple(stored["names"]), skipped=tuple(stored["skipped"]))


def _key(settings: DataSettings, base: Path) -> str:
    """Hash of everything that decides the content: settings, the decoder, and every file with its size and time."""
    chosen = {name: value for name, value in settings.model_dump(mode="json").items() if name not in _NOT_DECODING}
    digest = hashlib.sha256(json.dumps([_VERSION, PIL.__version__, chosen], sort_keys=True).encode())
    for path in (Path(inspect.getfile(type(settings))), *settings.files(base)):
        stat = path.stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _entry(datasets: Path, key: str) -> Path:
    return datasets / "index" / f"{key}.json"


def _check(decoded: Decoded, place: str) -> None:
    if not decoded.names:
        raise UserError("no images", place=place)
    if len(decoded.classes) < 2:
        raise UserError(f"one class only: {decoded.classes[0]!r}", place=place, remedy="two or more are needed")


def _stored(decoded: Decoded, settings: DataSettings, datasets: Path) -> str:
    """Decode into a folder that is renamed when complete; returns the fingerprint."""
    partial = datasets / ".partial"  # the lock is held: a folder found here was left by a process that was killed
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        name = fingerprint(_write_images(decoded, settings, partial / IMAGES), decoded)
        (partial / METADATA).write_text(metadata(decoded), encoding="utf-8")
        for path in (partial / IMAGES, partial / METADATA, partial):
            _fsync(path)
        if not (datasets / name).exists():
            partial.rename(datasets / name)
            _fsync(datasets)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return name


def _write_images(decoded: Decoded, settings: DataSettings, path: Path) -> NDArray[np.uint8]:
    size = settings.image_size
    shape = (len(decoded.names), size, size, 3)
    images: np.memmap[Any, np.dtype[np.uint8]] = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)

    def store(numbered: tuple[int, Any]) -> None:
        row, raw = numbered
        try:
            images[row] = square(raw, size)
        except BROKEN as error:
            raise UserError(
                f"{decoded.names[row]} is an image that cannot be decoded ({error})",
                place=settings.place,
                remedy="replace the file or take it out",
            ) from error

    numbered = enumerate(decoded.images)
    with ThreadPoolExecutor() as pool:  # Pillow decodes and resizes outside the interpreter's lock
        while chunk := list(islice(numbered, _CHUNK)):
            list(pool.map(store, chunk))
    images.flush()
    return images


def _store_index(entry: Path, fingerprint: str, decoded: Decoded) -> None:
    entry.parent.mkdir(exist_ok=True)
    partial = entry.with_suffix(".partial")
    stored = {"fingerprint": fingerprint, "names": decoded.names, "skipped": decoded.skipped}
    partial.write_text(json.dumps(stored), encoding="utf-8")
    _fsync(partial)
    partial.replace(entry)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
