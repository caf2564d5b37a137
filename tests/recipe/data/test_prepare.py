from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.dataset import load_dataset
from ablation.recipe.data.decoded import Decoded
from ablation.recipe.data.folder import Folder
from ablation.recipe.data.prepare import prepare

Write = Callable[[Mapping[str, int]], Path]


class Slow(DataSettings):
    """Forty grey squares, one every few milliseconds; every decoding leaves a mark."""

    source: Literal["slow"] = "slow"
    marks: str
    seconds: float = 0.005

    def files(self, base: Path) -> Iterable[Path]:
        return ()

    def decode(self, base: Path) -> Decoded:
        (Path(self.marks) / f"{os.getpid()}-{time.monotonic_ns()}").touch()

        def images() -> Iterable[Image.Image]:
            for number in range(40):
                time.sleep(self.seconds)
                yield Image.new("L", (4, 4), number)

        return Decoded(images(), np.arange(40) % 2, ("even", "odd"), tuple(str(number) for number in range(40)))


def prepare_slow(marks: Path, datasets: Path) -> None:
    prepare(Slow(marks=str(marks), image_size=4), marks, datasets)


def spawned(marks: Path, datasets: Path) -> Any:
    process = multiprocessing.get_context("fork").Process(target=prepare_slow, args=(marks, datasets))
    process.start()
    return process


def folder(path: Path, **given: Any) -> Folder:
    return Folder(path=str(path), **{"image_size": 8} | given)


@pytest.fixture
def never_decode(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def refuse(self: Folder, base: Path) -> Decoded:
        raise AssertionError("decoded again")

    return lambda: monkeypatch.setattr(Folder, "decode", refuse)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"mean": (0, 0, 0)},
        {"test_size": 3},
        {"imbalance": 2},
        {"limit": 9},
        {"classes": {"drop": ["cat"]}},
        {"label_noise": 0.2},
        {"positive_class": "cat"},
    ],
)
def test_settings_that_change_no_pixel_decode_nothing(
    class_folders: Write, tmp_path: Path, never_decode: Callable[[], None], other: dict[str, Any]
) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    first = prepare(folder(root), tmp_path, tmp_path / "datasets")
    never_decode()
    assert prepare(folder(root, **other), tmp_path, tmp_path / "datasets").fingerprint == first.fingerprint


def test_skipped_files_are_those_of_this_source(class_folders: Write, tmp_path: Path) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    (root / "cat" / "notes.txt").write_text("hello")
    first = prepare(folder(root), tmp_path, tmp_path / "datasets")
    assert first.skipped == ("cat/notes.txt",)
    (root / "cat" / "notes.txt").unlink()
    second = prepare(folder(root), tmp_path, tmp_path / "datasets")
    assert (second.skipped, second.fingerprint) == ((), first.fingerprint)


def test_a_truncated_image_is_named_and_leaves_nothing(class_folders: Write, tmp_path: Path) -> None:
    root = class_folders({"cat": 3, "dog": 2})
    broken = root / "dog" / "1.png"
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(UserError, match=r"dog/1.png is an image that cannot be decoded") as refusal:
        prepare(folder(root), tmp_path, tmp_path / "datasets")
    assert refusal.value.place == "data.path"
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [".lock"]


def test_one_class_only_is_refused(class_folders: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one class only: 'cat'") as refusal:
        prepare(folder(class_folders({"cat": 3})), tmp_path, tmp_path / "datasets")
    assert refusal.value.place == "data.path"


def test_two_processes_at_once_decode_once(tmp_path: Path) -> None:
    (marks := tmp_path / "marks").mkdir()
    both = [spawned(marks, tmp_path / "datasets") for _ in range(2)]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert len(list(marks.iterdir())) == 1


def test_a_killed_process_leaves_no_half_dataset(tmp_path: Path) -> None:
    (marks := tmp_path / "marks").mkdir()
    for delay in (0.01, 0.05, 0.1, 0.15):
        process = spawned(marks, tmp_path / "datasets")
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        whole = [path for path in (tmp_path / "datasets").glob("*") if len(path.name) == 64]
        assert not whole
    prepare_slow(marks, tmp_path / "datasets")
    (dataset,) = [path for path in (tmp_path / "datasets").glob("*") if len(path.name) == 64]
    assert load_dataset(dataset.parent, dataset.name).images[:, 0, 0, 0].tolist() == list(range(40))
    assert not (tmp_path / "datasets" / ".partial").exists()
