"""JSON files are replaced as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.experiment.store.json_file import read_file, replace_file


def test_a_file_is_written_into_a_new_folder_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "x.json"
    for content in (b"[1, 2]", b"[3]"):
        replace_file(path, content)
    assert read_file(path, tuple[int, ...], "", "") == (3,)
    assert list(path.parent.iterdir()) == [path]


def test_a_crash_while_writing_leaves_the_file_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    replace_file(path, b"[1]")

    def half(draft: Path, content: bytes) -> None:
        draft.write_text("[")
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, b"[2]")
    assert read_file(path, tuple[int, ...], "", "") == (1,)


def test_a_file_of_another_kind_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    replace_file(path, b'["one"]')
    with pytest.raises(UserError, match=rf"^{path}: cannot be read\n  restore it"):
        read_file(path, tuple[int, ...], "cannot be read", "restore it")
