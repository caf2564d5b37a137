from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from frozen_study import context_of
from small_experiment import SMALL, changed, write_experiment

from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.planning.run_mode import LADDER, RunMode


def planned(folder: Path, text: str = SMALL, mode: RunMode = LADDER, without: tuple[str, ...] = ()) -> Plan:
    experiment = load(write_experiment(folder, text), without=without)
    return make_plan(context_of(experiment, folder), mode)


def test_every_variant_runs_under_every_replicate_by_the_address_of_its_recipe(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    expected = {(variant.name, replicate) for variant in plan.variants for replicate in range(2)}
    assert {(run.variant, run.replicate) for run in plan.runs} == expected
    assert [variant.address for variant in plan.variants] == [address(variant.recipe) for variant in plan.variants]


def test_the_key_of_a_plan_holds_its_mode_as_versions_before_wrote_it(tmp_path: Path) -> None:
    experiment = load(write_experiment(tmp_path))
    content = {"experiment": experiment.model_dump_json(), "overrides": (), "device": "cpu"}
    mode = {"name": "confirm", "numbers": [3, 4], "split": "test", "repeats": 0}
    assert planned(tmp_path).key == address(content)
    assert planned(tmp_path, mode=RunMode("confirm", (3, 4))).key == address(content | {"purpose": mode})


def test_a_file_that_is_no_image_is_named_in_a_notice(tmp_path: Path) -> None:
    write_experiment(tmp_path)
    (tmp_path / "images" / "a" / "notes.txt").write_text("no image")
    assert any(notice.startswith("data: 1 file is no image and left out: ") for notice in planned(tmp_path).notices)


def test_an_error_names_the_file_and_the_variant(tmp_path: Path) -> None:
    text = changed("patch: {augment: {name: basic}}", "patch: {train: {precision: fp16}}")
    with pytest.raises(UserError, match=r"x\.yaml: \+ Flips: train\.precision: fp16 needs a CUDA device"):
        planned(tmp_path, text)


def test_without_an_invocation_the_plan_names_the_file(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert plan.asked_by is not None
    assert (plan.asked_by.file, plan.asked_by.purpose) == ("x.yaml", "ladder")
    assert dataclasses.replace(plan, asked_by=None).invocation.purpose == "ladder"


def test_a_rung_that_changes_nothing_once_another_is_left_out_is_dropped_with_a_notice(tmp_path: Path) -> None:
    text = changed("patch: {augment: {name: basic}}", "patch: {model: {backbone: {width: 2}}}")
    plan = planned(tmp_path, text, without=("Wider",))
    assert "Flips" not in [rung.name for rung in plan.rungs]
    assert "Flips is dropped: --without leaves it nothing to change" in plan.notices
