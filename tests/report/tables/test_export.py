"""Tables in files: the right text, in one step."""

from __future__ import annotations

import pytest

from ablation.errors import UserError
from ablation.judgement.table import ladder_table
from ablation.report.tables import export
from ablation.report.tables.csv_text import as_csv
from ablation.report.tables.markdown import markdown
from ablation.report.tables.terminal import plain


@pytest.fixture
def table(golden_plan, golden_results):
    return ladder_table(golden_plan, golden_results)


def full_disk(handle):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("form", "render"), [("text", plain), ("markdown", markdown), ("csv", as_csv)])
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
