from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from standin_plan import standin_plan

from ablation.recording import up_to_date
from ablation.recording.up_to_date import DATABASE, is_recorded, mark_recorded


def test_only_the_plan_that_was_recorded_last_counts_as_recorded(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    first, second = standin_plan(salt="a"), standin_plan(salt="b")
    assert not is_recorded(first, tmp_path)
    mark_recorded(first, tmp_path)
    assert is_recorded(first, tmp_path)
    mark_recorded(second, tmp_path)
    assert is_recorded(second, tmp_path)
    assert not is_recorded(first, tmp_path), "its runs are stale in MLflow by now"


def test_a_database_that_is_gone_or_new_holds_nothing(tmp_path: Path) -> None:
    database, plan = tmp_path / DATABASE, standin_plan()
    database.touch()
    mark_recorded(plan, tmp_path)
    database.rename(tmp_path / "aside")
    assert not is_recorded(plan, tmp_path)
    database.touch()
    assert not is_recorded(plan, tmp_path)


def test_a_run_with_another_address_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    plan = standin_plan()
    mark_recorded(plan, tmp_path)
    runs = (dataclasses.replace(plan.runs[0], address="other"), *plan.runs[1:])
    assert not is_recorded(dataclasses.replace(plan, runs=runs), tmp_path)


def test_what_another_version_recorded_is_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / DATABASE).touch()
    plan = standin_plan()
    mark_recorded(plan, tmp_path)
    monkeypatch.setattr(up_to_date, "VERSION", up_to_date.VERSION + 1)
    assert not is_recorded(plan, tmp_path)
