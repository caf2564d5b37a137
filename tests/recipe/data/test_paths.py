"""Paths of a data section."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.recipe.data.paths import existing, existing_folder, files_under, resolved


def test_a_relative_path_starts_at_the_base_and_an_absolute_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert resolved(tmp_path / "base", "../images") == tmp_path / "images"
    assert resolved(tmp_path / "base", str(tmp_path / "images")) == tmp_path / "images"
    assert resolved(tmp_path / "base", "~/images") == tmp_path / "home" / "images"


def test_what_is_not_there_is_refused_at_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert existing(tmp_path, "file", "data.path") == tmp_path / "file"
    assert existing_folder(tmp_path, ".", "data.path") == tmp_path
    for look, path, problem in ((existing, "nothing", "does not exist"), (existing_folder, "file", "is no folder")):
        with pytest.raises(UserError, match=problem) as caught:
            look(tmp_path, path, "data.root")
        assert caught.value.place == "data.root"


def test_files_come_in_the_order_of_their_names_and_hidden_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.png", "a/3.png", ".git/4.png", "5.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in files_under(tmp_path)]
    assert found == ["5.png", "a/3.png", "b/1.png", "b/2.png"]
