"""What is written to a folder, shown in a notebook, and set side by side: from a store as commands leave it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished

from ablation import workflow
from ablation.experiment.store.plan_store import remember
from ablation.reporting.export import write_export
from ablation.reporting.formats import formats
from ablation.reporting.tables.terminal import plain


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    plan = standin_plan(variants=3, replicates=5)
    store = finished(plan, folder / "store")
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(SMALL.replace("name: small", f"name: {name}"))
        remember(plan, folder / f"{name}.yaml", store)
    return folder


def options(home: Path) -> workflow.Options:
    return workflow.Options(home / "store")


def test_an_export_holds_every_form_and_figure_and_none_is_empty(home: Path, tmp_path: Path) -> None:
    table = workflow.report(home / "one.yaml", options=options(home))
    written = write_export(table, workflow.details(home / "one.yaml", options(home)), tmp_path / "new" / "paper")
    names = {path.name for path in written}
    assert {f"table.{suffix}" for suffix in ("txt", "md", "csv", "json", "tex", "html")} <= names
    assert {f"{name}.{kind}" for name in ("gains", "replicates", "classes") for kind in ("png", "svg")} <= names
    assert all(path.stat().st_size > 100 for path in written)
    assert (tmp_path / "new" / "paper" / "table.txt").read_text() == plain(table)
    assert "Learning curves" in (tmp_path / "new" / "paper" / "table.html").read_text()


def test_a_table_shows_itself_in_a_notebook(home: Path) -> None:
    shown = workflow.report(home / "one.yaml", options=options(home))._repr_html_()  # type: ignore[attr-defined]
    assert "+ rung 1" in shown
    assert shown.count("<table") > 3


def test_two_experiments_with_the_same_numbers_agree_in_every_sign_and_form(home: Path) -> None:
    found = workflow.compare([home / "one.yaml", home / "two.yaml"], options=options(home))
    written = {each.name: each.render_comparison(found) for each in formats().values() if each.render_comparison}
    assert found.signs is not None
    assert found.signs.won == found.signs.of
    steps = [
        row.step.interval.mean for row in workflow.report(home / "one.yaml", options=options(home)).rows if row.step
    ]
    rows = list(csv.DictReader(io.StringIO(written["csv"])))
    assert [float(row["step"]) for row in rows[::2]] == pytest.approx(steps)
    assert [row["step"] for row in rows[::2]] == [row["step"] for row in rows[1::2]]
    assert [row["rung"] for row in json.loads(written["json"])["rungs"]] == [row["rung"] for row in rows]
    for form in ("text", "markdown"):
        assert f"{steps[0]:+.2f}" in written[form]
