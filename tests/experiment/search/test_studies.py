"""Which rows are tuned, and when the trials of two studies can be compared."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from frozen_study import context_of
from small_experiment import SMALL, changed, write_experiment

from ablation.core.streams import Streams
from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.search.studies import studies_of_each, study_of
from ablation.experiment.search.study_plan import StudyPlan

LR = {"space": {"optimizer.lr": {"low": 1e-5, "high": 0.1, "log": True}}}
TUNED = "  - {name: Final tuning, tuned: true}\ndesigns: [ladder, leave_one_out]\n"
CONTROLLED = changed("  - name: Views\n", "  - {name: Same, control: true}\n  - name: Views\n")


def text(tune: dict[str, Any] | None = None, small: str = SMALL) -> str:
    return small + (f"tune: {json.dumps(LR | tune)}\n" if tune is not None else "")


def planned(folder: Path, told: str, row: str | None = None, **options: Any) -> StudyPlan:
    experiment = load(write_experiment(folder, told))
    return study_of(experiment, context_of(experiment, folder), row, **options).plan


@pytest.mark.parametrize(
    ("tune", "row", "found"),
    [
        (None, None, "+ Views"),
        ({}, None, "+ Views"),
        ({"base": "Focal loss"}, None, "+ Focal loss"),
        ({"base": "Focal loss"}, "baseline", "baseline"),
        ({"base": "baseline"}, "Cosine", "+ Cosine"),
        ({}, "+ Cosine", "+ Cosine"),
    ],
)
def test_the_row_is_the_one_named_else_the_base_else_the_last(
    tmp_path: Path, tune: dict[str, Any] | None, row: str | None, found: str
) -> None:
    told = planned(tmp_path, text(tune), row)
    assert (told.row, told.name) == (found, f"small: {found}")


def test_the_last_row_before_a_tuned_rung_is_tuned_and_no_control(tmp_path: Path) -> None:
    told = CONTROLLED.replace("designs: [ladder, leave_one_out]\n", TUNED)
    assert planned(tmp_path, told).row == "+ Views"
    same = re.sub(r"  - name: Views\n.*\n", "", told)
    assert planned(tmp_path, same).row == "+ Cosine"


@pytest.mark.parametrize("row", ["Final tuning", "Same", "nothing"])
def test_a_row_that_cannot_be_tuned_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(UserError, match=f"no row '{row}' that could be tuned"):
        planned(tmp_path, CONTROLLED.replace("designs: [ladder, leave_one_out]\n", TUNED), row)


def test_without_a_fixed_test_set_nothing_is_tuned(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x.yaml: protocol: nothing can be tuned under protocol: resampled"):
        planned(tmp_path, changed("fixed_test", "resampled"))


def test_a_study_is_what_the_file_says(tmp_path: Path) -> None:
    given = {"trials": 7, "minutes": 3.0, "replicates": 5, "sampler": "random", "pruner": "wilcoxon", "study": "b"}
    found = planned(tmp_path, text(given))
    assert found.name == "small: + Views (b)"
    assert {name: getattr(found, name) for name in given if name != "study"} == {
        name: value for name, value in given.items() if name != "study"
    }
    assert (found.metric, found.epochs, found.maximize, found.experiment) == ("accuracy", 1, True, "small")
    assert 0 <= found.seed < 2**32
    assert found.seed == Streams(0, 0).generator("tuner").integers(2**32)
    assert found.definition == address(found.conditions)
    assert all(isinstance(each, str) for pair in found.conditions.items() for each in pair)


def test_what_is_reported_is_readable(tmp_path: Path) -> None:
    told = planned(tmp_path, text({})).conditions
    shown = {"loss.name", "loss.gamma", "optimizer.lr", "metric", "seed", "protocol", "replicates", "data.image_size"}
    assert {name: told[name] for name in sorted(shown)} == {
        "data.image_size": "8",
        "loss.gamma": "2.0",
        "loss.name": "focal",
        "metric": "accuracy",
        "optimizer.lr": "0.001",
        "protocol": "fixed_test",
        "replicates": "1",
        "seed": "0",
    }
    assert told["space.optimizer.lr"] == "float {low: 1.0e-05, high: 0.1, log: true}"
    assert not {"data.path", "data.source"} & told.keys()
    assert len(told["data at 8 pixels"]) == 64


@pytest.mark.parametrize(
    "same",
    [
        {"trials": 99},
        {"minutes": 1.0},
        {"sampler": "random"},
        {"pruner": "median"},
        {"study": "again"},
        {"base": "Views"},
    ],
)
def test_how_long_and_how_it_is_searched_leaves_trials_comparable(tmp_path: Path, same: dict[str, Any]) -> None:
    assert planned(tmp_path, text(same)).definition == planned(tmp_path, text({})).definition


def test_a_name_and_being_one_of_each_leave_trials_comparable(tmp_path: Path) -> None:
    plain, other = planned(tmp_path, text({})), planned(tmp_path, text({}), each=True, name="two")
    assert other.name == "small: each + Views (two)"
    expected = dataclasses.replace(plain, name=other.name, each=True)
    assert other == expected


@pytest.mark.parametrize(
    ("old", "new", "differing"),
    [
        ("epochs: 1", "epochs: 2", {"train.epochs"}),
        ("metric: accuracy", "metric: macro_f1", {"metric"}),
        ("replicates: 2", "replicates: 2\nseed: 7", {"seed"}),
        ("source: folder, path: images", "source: folder, path: images, val_size: 0.3", {"data.val_size"}),
        ("{loss: {name: focal}}", "{loss: {name: focal, gamma: 1.0}}", {"loss.gamma"}),
        ('"high": 0.1', '"high": 0.2', {"space.optimizer.lr"}),
        ("tune: {", 'tune: {"replicates": 2, ', {"replicates"}),
    ],
)
def test_what_makes_scores_differ_makes_another_study(tmp_path: Path, old: str, new: str, differing: set[str]) -> None:
    told = text({})
    assert told.count(old) == 1
    one, other = planned(tmp_path, told), planned(tmp_path, told.replace(old, new))
    assert {
        path
        for path in one.conditions.keys() | other.conditions
        if one.conditions.get(path) != other.conditions.get(path)
    } == differing
    assert one.definition != other.definition


def test_the_members_of_an_ensemble_are_reported_too(tmp_path: Path) -> None:
    told = text({}).replace("{inference: {tta: [identity, hflip]}}", "{inference: {ensemble_with: [Focal loss]}}")
    found = planned(tmp_path, told).conditions
    assert (found["schedule.name"], found["member 1: schedule.name"]) == ("cosine", "constant")


def test_each_is_one_study_for_every_distinct_variant_in_the_plans_order(tmp_path: Path) -> None:
    told = CONTROLLED.replace("designs: [ladder, leave_one_out]\n", TUNED) + f"tune: {json.dumps(LR)}\n"
    experiment = load(write_experiment(tmp_path, told))
    context = context_of(experiment, tmp_path)
    plan = make_plan(context)
    studies = studies_of_each(experiment, context)
    assert [study.plan.row for study in studies] == [each.name for each in plan.variants if not each.execution]
    assert all(study.plan.each and study.plan.name == f"small: each {study.plan.row}" for study in studies)
    assert len({study.plan.definition for study in studies}) == len(studies) == 10
    assert {study.plan.trials for study in studies} == {20}


def test_the_usual_space_is_made_for_each_row_by_what_it_has(tmp_path: Path) -> None:
    experiment = load(write_experiment(tmp_path))
    spaces = {
        study.plan.row: [parameter.path for parameter in study.plan.space.parameters]
        for study in studies_of_each(experiment, context_of(experiment, tmp_path))
    }
    assert "optimizer.lr" in spaces["baseline"]
    assert {row for row, paths in spaces.items() if "loss.gamma" not in paths} == {
        "baseline",
        "+ Wider",
        "all but Focal loss",
    }


def test_own_values_are_those_of_the_parameters_that_matter(tmp_path: Path) -> None:
    space = {"loss": {"choices": ["cross_entropy", "focal"]}, "loss.gamma": {"low": 0.0, "high": 5.0}}
    experiment = load(write_experiment(tmp_path, text({"space": LR["space"] | space})))
    context = context_of(experiment, tmp_path)
    for row, own in (("baseline", {"loss", "optimizer.lr"}), (None, {"loss", "loss.gamma", "optimizer.lr"})):
        assert study_of(experiment, context, row).own.keys() == own
