"""A table in a notebook shows its grids."""

from __future__ import annotations

from pathlib import Path

import ablation


def test_a_table_shows_itself_in_a_notebook(two_experiments: Path) -> None:
    options = ablation.Options(two_experiments / "store")
    shown = ablation.report(two_experiments / "one.yaml", options=options)._repr_html_()  # type: ignore[attr-defined]
    assert "+ rung 1" in shown
    assert shown.count("<table") > 3
