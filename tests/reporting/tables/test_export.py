"""Tables in files: the right text, in one step."""

from __future__ import annotations

import pytest

from ablation.errors import UserError
from ablation.reporting.tables import export
from ablation.reporting.tables.csv_text import as_csv
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.latex import latex
from ablation.reporting.tables.markdown import markdown
from ablation.reporting.tables.terminal import plain


@pytest.fixture
def table(golden):
    return golden


def full_disk(handle):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("form", "render"),
    [("text", plain), ("markdown", markdown), ("csv", as_csv), ("json", as_json), ("latex", latex)],
)
def test_each_format_writes_its_rendering(table, tmp_path, form, render):
    written = export.write_table(table, tmp_path, form)
    assert written.parent == tmp_path
    assert written.read_bytes() == render(table).encode()


def test_a_named_file_is_replaced_and_its_folders_are_made(table, tmp_path):
    target = tmp_path / "deep" / "gains.csv"
    assert export.write_table(table, target, "csv") == target
    target.write_text("old")
    export.write_table(table, target, "csv")
    assert target.read_text() == as_csv(table)
    assert [each.name for each in target.parent.iterdir()] == ["gains.csv"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(table, tmp_path, monkeypatch):
    target = tmp_path / "table.md"
    target.write_text("old")
    monkeypatch.setattr(export.os, "fsync", full_disk)
    with pytest.raises(UserError, match="No space left"):
        export.write_table(table, target, "markdown")
    assert target.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["table.md"]


def test_an_unknown_format_names_the_nearest(table, tmp_path):
    with pytest.raises(UserError, match="did you mean 'markdown'"):
        export.write_table(table, tmp_path, "markdwn")


def test_all_forms_are_written_at_once(table, tmp_path):
    written = export.write_all(table, tmp_path / "new")
    assert [each.name for each in written] == [
        "table.txt",
        "table.md",
        "table.csv",
        "table.json",
        "table.tex",
        "table.html",
    ]
    assert all(each.stat().st_size > 500 for each in written)


def test_a_form_may_be_given_that_shows_more_than_the_table(table, tmp_path):
    forms = export.FORMATS | {"html": ("table.html", lambda each: f"{each.name} in full")}
    assert export.write_table(table, tmp_path, "html", forms).read_text() == "golden in full"
