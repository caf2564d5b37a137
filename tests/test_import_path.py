"""What looks like an import path, and what is imported by one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.import_path import imported, is_import_path, look_in


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("m:N", True), ("a.b:C_1", True), ("accuracy", False), ("class_accuracy/a:b", False), ("a:b:c", False), ("a:", 0)],
)
def test_an_import_path_is_a_module_a_colon_and_a_name(name: str, is_one: bool) -> None:
    assert is_import_path(name) == is_one


def test_a_folder_is_looked_in_once_and_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "looked_up.py").write_text("VALUE = 7\n")
    look_in(tmp_path)
    look_in(tmp_path)
    assert sys.path[0] == str(tmp_path)
    assert sys.path.count(str(tmp_path)) == 1
    assert imported("looked_up:VALUE") == 7
    sys.modules.pop("looked_up")


def test_a_module_that_cannot_be_imported_is_a_users_mistake() -> None:
    with pytest.raises(UserError, match="here: cannot import 'no_such_module:X' \\(ModuleNotFoundError"):
        imported("no_such_module:X", "here")
