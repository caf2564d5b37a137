"""Names that options take are listed by the help and refused with the nearest."""

from __future__ import annotations

import sys

import pytest

from ablation import cli
from ablation.cli.options import check_name, metric_names
from ablation.cli.report import compare_formats, table_formats
from ablation.errors import UserError
from ablation.metrics.registry import known_metrics
from ablation.reporting.formats import formats


def help_of(command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["ablation", command, "--help"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    return " ".join(capsys.readouterr().out.replace("│", " ").split())


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("report", table_formats),
        ("compare", compare_formats),
        ("report", metric_names),
        ("export", metric_names),
        ("compare", metric_names),
    ],
)
def test_help_lists_the_names_each_time_once(
    command: str, names: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = f"One of {', '.join(names())}."  # type: ignore[operator]
    for _ in range(2):
        assert help_of(command, capsys, monkeypatch).count(listed) == 1


def test_the_names_are_those_of_the_registries() -> None:
    assert set(known_metrics()) < set(metric_names())
    assert set(formats()) < set(table_formats())
    assert {"terminal", "csv", "json"} <= set(compare_formats()) <= set(table_formats())


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    check_name("csv", table_formats, "--format")
    with pytest.raises(UserError, match=r"^--format: no format 'cvs'\n  did you mean 'csv'\?$"):
        check_name("cvs", table_formats, "--format")
