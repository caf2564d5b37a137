from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from data_files import paint_noise

from ablation.errors import UserError
from ablation.recipe.data.folder import Folder
from ablation.recipe.data.prepare import prepare
from ablation.testing import DataSourceContract

Write = Callable[[Mapping[str, int]], Path]
Paint = Callable[..., Path]


def test_classes_are_the_sorted_names_of_the_folders(class_folders: Write, paint: Paint) -> None:
    root = class_folders({"dog": 2, "cat": 1})
    paint(root / "cat" / "deep" / "er" / "x.jpg")
    decoded = Folder(path=str(root)).decode(root)
    assert decoded.classes == ("cat", "dog")
    assert decoded.names == ("cat/0.png", "cat/deep/er/x.jpg", "dog/0.png", "dog/1.png")
    assert decoded.labels.tolist() == [0, 0, 1, 1]
    assert decoded.official is None


def test_formats_modes_and_sizes_may_be_mixed(tmp_path: Path, paint: Paint) -> None:
    kinds = [("a.bmp", "RGB"), ("b.gif", "P"), ("c.jpg", "L"), ("d.webp", "RGBA"), ("e.tif", "CMYK"), ("f.png", "LA")]
    for number, (name, mode) in enumerate(kinds):
        paint(tmp_path / "images" / "ab"[number % 2] / name, (5 + number, 20 - number), mode)
    assert prepare(Folder(path="images", image_size=6), tmp_path, tmp_path / "datasets").images.shape == (6, 6, 6, 3)


def test_files_that_are_no_images_are_skipped_and_hidden_folders_not_looked_at(
    class_folders: Write, paint: Paint
) -> None:
    root = class_folders({"cat": 1, "dog": 1})
    (root / "README.md").write_text("read me")
    (root / "cat" / "fake.jpg").write_text("no image")
    (root / "cat" / "empty.png").touch()
    paint(root / ".cache" / "x.png")
    paint(root / "cat" / ".thumbs" / "x.png")
    decoded = Folder(path=str(root)).decode(root)
    assert decoded.skipped == ("README.md", "cat/empty.png", "cat/fake.jpg")
    assert len(decoded.names) == 2


@pytest.mark.parametrize("name", ["val", "valid", "Validation"])
def test_split_folders_are_official(class_folders: Write, name: str) -> None:
    root = class_folders({"train/cat": 2, "train/dog": 1, f"{name}/cat": 1, "test/dog": 1})
    decoded = Folder(path=str(root)).decode(root)
    assert decoded.classes == ("cat", "dog")
    assert decoded.official is not None
    assert sorted(decoded.official.tolist()) == ["test", "train", "train", "train", "val"]
    split_of = dict(zip(decoded.names, decoded.official.tolist(), strict=True))
    assert (split_of[f"{name}/cat/0.png"], split_of["test/dog/0.png"]) == ("val", "test")


def test_a_class_may_be_called_train(class_folders: Write) -> None:
    decoded = Folder(path=str(root := class_folders({"train": 2, "bus": 1}))).decode(root)
    assert decoded.classes == ("bus", "train")


@pytest.mark.parametrize(
    ("path", "message"), [("missing", "does not exist"), ("empty", "no images"), ("f", "no folder")]
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "f").touch()
    with pytest.raises(UserError, match=message) as refusal:
        prepare(Folder(path=path), tmp_path, tmp_path / "datasets")
    assert refusal.value.place == "data.path"


class TestFolder(DataSourceContract):
    source = Folder

    def written(self, folder: Path) -> Folder:
        for name in ("cat/0.png", "cat/1.jpg", "dog/0.png"):
            paint_noise(folder / "images" / name)
        return Folder(path="images")

    def test_every_file_is_an_image_or_listed(self, settings: Folder, tmp_path: Path) -> None:
        root = tmp_path / "base" / "images"
        (root / "dog" / "notes.txt").write_text("no image")
        decoded = settings.decode(tmp_path / "base")
        assert decoded.skipped == ("dog/notes.txt",)
        assert {*decoded.names, *decoded.skipped} == {
            file.relative_to(root).as_posix() for file in settings.files(tmp_path / "base")
        }
