"""Tables in files: the right text, in one step."""

from __future__ import annotations

import pytest

from ablation.errors import UserError
from ablation.reporting import table_file
from ablation.reporting.formats import ExportFormat, formats
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.latex import latex
from ablation.reporting.tables.markdown import markdown
from ablation.reporting.tables.records import as_csv
from ablation.reporting.tables.terminal import plain

CSV, MARKDOWN = formats()["csv"], formats()["markdown"]


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
    written = table_file.write_table(table, tmp_path, formats()[form])
    assert written.parent == tmp_path
    assert written.read_bytes() == render(table).encode()


def test_a_named_file_is_replaced_and_its_folders_are_made(table, tmp_path):
    target = tmp_path / "deep" / "gains.csv"
    assert table_file.write_table(table, target, CSV) == target
    target.write_text("old")
    table_file.write_table(table, target, CSV)
    assert target.read_text() == as_csv(table)
    assert [each.name for each in target.parent.iterdir()] == ["gains.csv"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(table, tmp_path, monkeypatch):
    target = tmp_path / "table.md"
    target.write_text("old")
    monkeypatch.setattr(table_file.os, "fsync", full_disk)
    with pytest.raises(UserError, match="No space left"):
        table_file.write_table(table, target, MARKDOWN)
    assert target.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["table.md"]


def test_what_the_store_knows_besides_goes_to_each_format(table, tmp_path):
    full = ExportFormat("full", ".txt", lambda table, details: f"{table.name}: {details}", shows_details=True)
    assert table_file.write_table(table, tmp_path, full, "details").read_text() == "golden: details"
