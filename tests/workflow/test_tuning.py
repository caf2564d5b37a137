"""What to type after a study: the ladder that was run before it, with what the study was tuned under."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan

from ablation import Options
from ablation.experiment.store.plan_store import store_plan
from ablation.invocation import Invocation
from ablation.workflow.tuning import ladder_after


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "x.yaml").write_text(SMALL)
    return tmp_path / "x.yaml"


def test_without_a_ladder_it_is_the_files_own(file: Path, tmp_path: Path) -> None:
    options = Options(tmp_path / "store", "cpu", track=False)
    expected = Invocation(str(file), overrides=("a.b=1",), device="cpu", store=str(tmp_path / "store"), track=False)
    assert ladder_after(file, ["a.b=1"], options) == expected


def test_the_ladder_before_it_keeps_its_replicates_under_the_same_changes_alone(file: Path, tmp_path: Path) -> None:
    options = Options(tmp_path / "store")
    asked = Invocation(overrides=("a.b=1",), replicates=3, untuned=True)
    store_plan(dataclasses.replace(standin_plan(), asked_by=asked), file, options.store)
    same, tuned, other = (
        ladder_after(file, ["a.b=1"], options),
        ladder_after(file, ["a.b=1"], options, each=True),
        ladder_after(file, ["a.b=2"], options),
    )
    assert (same.replicates, same.untuned) == (3, True)
    assert (tuned.replicates, tuned.untuned) == (3, False), "its best settings are what it is for"
    assert (other.overrides, other.replicates, other.untuned) == (("a.b=2",), None, False)
