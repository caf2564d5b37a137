"""What every format owes, checked for all that the folder holds."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from ladders import GOLDEN, judged, plan_of, promised, results_of

from ablation.analysis.table.agreement import Agreement, agreement_of
from ablation.analysis.table.table import Table
from ablation.experiment.planning.plan import Rung
from ablation.reporting import formats as folder
from ablation.reporting.formats import ExportFormat, formats

ALL = pytest.mark.parametrize("format", formats().values(), ids=lambda format: format.name)
RUNGS = [Rung(name, promised(1, 2), ()) for name in ("aug", "ls", "ema")]


@pytest.fixture(scope="module")
def table() -> Table:
    plan = plan_of(RUNGS, 6)
    return judged(plan, results_of(plan, GOLDEN))


@pytest.fixture(scope="module")
def agreement(table: Table) -> Agreement:
    return agreement_of([table, table], [RUNGS, RUNGS])


@ALL
def test_a_format_is_named_after_its_module(format: ExportFormat) -> None:
    module = importlib.import_module(f"{folder.__name__}.{format.name}")
    assert module.FORMAT is format is formats()[format.name]
    assert module.__doc__
    assert format.suffix.startswith(".")


def test_no_two_formats_share_a_suffix() -> None:
    assert len({each.suffix for each in formats().values()}) == len(formats())


@ALL
def test_every_rung_and_its_mean_stand_in_a_table_of_each_format(format: ExportFormat, table: Table) -> None:
    text = format.render(table, None)
    assert all(rung.name in text for rung in RUNGS)
    assert format.render(table, None) == text
    assert all(f"{row.scored.summary.mean:.1f}" in text for row in table.rows if row.scored.summary)


@ALL
def test_every_rung_stands_in_a_comparison_of_each_format_that_has_one(
    format: ExportFormat, agreement: Agreement
) -> None:
    if format.render_comparison is None:
        pytest.skip(f"{format.name} has no comparison")
    text = format.render_comparison(agreement)
    assert all(rung.name in text for rung in RUNGS)


def test_a_format_is_added_by_a_file_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    (tmp_path / "shout.py").write_text(
        "from ablation.reporting.formats import ExportFormat\n\n"
        "FORMAT = ExportFormat('shout', '.shout', lambda table: table.name.upper())\n"
    )
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    found = formats.__wrapped__()
    assert found.keys() == {*formats(), "shout"}
    assert found["shout"].render(table, None) == table.name.upper()
    assert found["shout"].file_name == "table.shout"


@pytest.mark.slow
def test_listing_the_formats_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom ablation.reporting.formats import formats\nformats()\n"
        "heavy = {'numpy', 'rich', 'pandas', 'jinja2', 'ablation.analysis'}\nassert not heavy & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
