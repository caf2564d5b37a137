"""An export holds the table in every format and the figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablation
from ablation.reporting.export import write_export
from ablation.reporting.formats import formats
from ablation.reporting.tables.terminal import plain
from ablation.workflow.reporting import details


@pytest.mark.slow
def test_an_export_holds_every_form_and_figure_and_none_is_empty(two_experiments: Path, tmp_path: Path) -> None:
    options = ablation.Options(two_experiments / "store")
    table = ablation.report(two_experiments / "one.yaml", options=options)
    written = write_export(table, details(two_experiments / "one.yaml", options), tmp_path / "new" / "paper")
    names = {path.name for path in written}
    assert {format.file_name for format in formats().values()} <= names
    assert {f"{name}.{kind}" for name in ("gains", "replicates", "classes") for kind in ("png", "svg")} <= names
    assert all(path.stat().st_size > 100 for path in written)
    assert (tmp_path / "new" / "paper" / "table.txt").read_text() == plain(table)
    assert "Learning curves" in (tmp_path / "new" / "paper" / "table.html").read_text()
