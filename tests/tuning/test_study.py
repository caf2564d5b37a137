from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from function_study import OWN, function_plan, queue_of, work
from optuna.study import StudyDirection

from ablation.errors import UserError
from ablation.tuning.storage import OpenedStorage
from ablation.tuning.study import definition_differences, open_study


@pytest.fixture
def opened(memory: Callable[[], OpenedStorage]) -> OpenedStorage:
    return memory()


def test_a_study_says_its_definition_metric_and_direction(opened: OpenedStorage) -> None:
    for plan, direction in (
        (function_plan(), StudyDirection.MAXIMIZE),
        (function_plan(name="loss", metric="log_loss"), StudyDirection.MINIMIZE),
    ):
        study = open_study(opened, plan, OWN)
        assert study.direction is direction
        assert study.metric_names == [plan.metric]
        assert study.user_attrs["definition"] == "d1"
        assert json.loads(study.user_attrs["told"]) == plan.conditions


def test_the_recipes_own_values_wait_once_however_often_it_is_opened(opened: OpenedStorage) -> None:
    for _ in range(3):
        study = open_study(opened, function_plan(), OWN)
    assert [trial.state.name for trial in study.trials] == ["WAITING"]
    assert study.trials[0].user_attrs == {"own": True}


@pytest.mark.parametrize("step", ["nothing", "told", "definition"])
def test_a_study_whose_creator_was_killed_half_way_is_completed(step: str, opened: OpenedStorage) -> None:
    begun = optuna.create_study(storage=opened.storage, study_name=function_plan().name, direction="maximize")
    if step != "nothing":
        begun.set_user_attr("told", json.dumps(dict(function_plan().conditions)))
    if step == "definition":
        begun.set_user_attr("definition", "d1")
    study = open_study(opened, function_plan(), OWN)
    assert study.user_attrs["definition"] == "d1"
    assert len(study.trials) == 1


def test_another_definition_is_refused_with_what_differs_and_loses_nothing(
    opened: OpenedStorage, tmp_path: Path
) -> None:
    with queue_of(opened, tmp_path) as queue:
        work(queue, 2)
    other = function_plan(definition="d2", conditions={"data.limit": "200", "metric": "balanced_accuracy", "new": "1"})
    with pytest.raises(UserError) as refusal:
        open_study(opened, other, OWN)
    text = str(refusal.value)
    assert "data.limit: 100 -> 200" in text
    assert "new: (none) -> 1" in text
    assert "balanced_accuracy" not in text
    assert "--study NAME" in text
    assert len(open_study(opened, function_plan(), OWN).trials) == 2


def test_a_study_that_something_else_made_is_refused(opened: OpenedStorage) -> None:
    optuna.create_study(storage=opened.storage, study_name=function_plan().name).ask()
    with pytest.raises(UserError, match="other settings"):
        open_study(opened, function_plan(), OWN)


def test_a_long_list_of_differences_is_cut(opened: OpenedStorage) -> None:
    open_study(opened, function_plan(conditions={f"k{n}": "1" for n in range(40)}), OWN)
    with pytest.raises(UserError, match=r"\(40 in all\)"):
        open_study(opened, function_plan(definition="d2", conditions={f"k{n}": "2" for n in range(40)}), OWN)


def test_differences_go_from_old_to_new() -> None:
    assert definition_differences({"a": "1", "b": "2"}, {"b": "3", "c": "4"}) == [
        "a: 1 -> (none)",
        "b: 2 -> 3",
        "c: (none) -> 4",
    ]


def test_what_cannot_work_is_refused_before_a_study_is_made(opened: OpenedStorage) -> None:
    for changed in ({"sampler": "grid"}, {"pruner": "wilcoxon"}):
        with pytest.raises(UserError):
            open_study(opened, function_plan(**changed), OWN)
    assert optuna.get_all_study_names(opened.storage) == []


def test_more_trials_may_be_asked_of_a_study_later(opened: OpenedStorage, tmp_path: Path) -> None:
    for trials in (2, 4):
        with queue_of(opened, tmp_path, trials=trials) as queue:
            assert len(work(queue)) == 2
            assert queue.over


def test_optunas_notices_are_off_and_its_warnings_on(opened: OpenedStorage) -> None:
    open_study(opened, function_plan(), OWN)
    assert logging.getLogger("optuna").level == logging.WARNING
