"""What a trial trains and predicts: the row's own stages where its values are the row's own, and never a test image."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frozen_study import context_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from small_experiment import SMALL, write_experiment
from tiny_experiment import tiny_file

import ablation.core.task as core_task
from ablation.core.execute import execute
from ablation.core.task import Task
from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.search.studies import study_of
from ablation.experiment.search.study_plan import Study, Tryout
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.split import Split
from ablation.stage import OUTCOME, PREDICTIONS, Stage, Workspace

HEAD = SMALL[: SMALL.index("rungs:")].replace("epochs: 1", "epochs: 4")
WIDE = {"optimizer.lr": {"low": 1e-5, "high": 0.1, "log": True}, "train.batch_size": {"low": 2, "high": 64}}
HARD: Mapping[str, dict[str, Any]] = {
    "plain": {"loss": {"name": "focal"}},
    "phases": {"phases": {"late": {"start": 2, "patch": {"loss": {"label_smoothing": 0.1}}}}},
    "members": {"inference": {"members": 2, "calibration": "temperature"}},
    "rows": {"inference": {"ensemble_with": ["baseline", "first"], "tta": ["identity", "hflip"]}},
}


def experiment_of(folder: Path, patch: Mapping[str, Any], head: str = HEAD) -> tuple[PlanningContext, Plan]:
    rungs = [{"name": "first", "patch": {"schedule": {"name": "cosine"}}}, {"name": "last", "patch": patch}]
    told = f"{head}rungs: {json.dumps(rungs)}\ntune: {json.dumps({'space': WIDE})}\n"
    experiment = load(write_experiment(folder, told.replace("baseline:", "corruptions: [occlusion]\nbaseline:")))
    context = context_of(experiment, folder)
    return context, make_plan(context)


def kinds(stages: Mapping[str, Stage]) -> dict[str, tuple[str, Mapping[str, str]]]:
    return {address: (stage.kind, stage.needs) for address, stage in stages.items()}


def study_in(context: PlanningContext, row: str | None = None) -> Study:
    return study_of(context.experiment, context, row)


@pytest.mark.parametrize("patch", HARD.values(), ids=HARD)
def test_the_recipes_own_values_are_the_ladders_run_of_that_row(tmp_path: Path, patch: dict[str, Any]) -> None:
    context, plan = experiment_of(tmp_path, patch)
    for row, name in (("baseline", "baseline"), ("first", "+ first"), (None, "+ last")):
        study = study_in(context, row)
        for run in plan.runs_of(name):
            found = study.tryouts(study.own, run.replicate)
            assert (found.train, found.val) == (run.train, run.val)
            assert kinds(found.stages) == kinds({address: plan.stages[address] for address in found.stages})


@pytest.mark.parametrize("patch", HARD.values(), ids=HARD)
def test_a_tryout_has_just_what_its_score_needs_in_order_of_need(tmp_path: Path, patch: dict[str, Any]) -> None:
    context, plan = experiment_of(tmp_path, patch)
    study = study_in(context)
    found = study.tryouts(study.own, 1)
    needed = (plan.stages[each] for each in plan.runs_of("+ last")[1].needed)
    assert set(found.stages) == {stage.address for stage in needed if stage.task.get("split") in (None, "val")}
    assert list(found.stages)[-1] == found.val
    for place, stage in enumerate(found.stages.values()):
        assert set(stage.needs.values()) <= set(list(found.stages)[:place])
    assert study.tryouts({"optimizer.lr": 0.01}, 1).train not in plan.stages


def test_an_ensembles_other_rows_stay_as_they_are(tmp_path: Path) -> None:
    context, plan = experiment_of(tmp_path, HARD["rows"])
    found = study_in(context).tryouts({"optimizer.lr": 0.01}, 0)
    trained = [each for each, stage in found.stages.items() if stage.kind == "train"]
    assert [each in plan.stages for each in trained] == [False, True, True]


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Study:
    patch = HARD["phases"] | {"inference": {"members": 2, "ensemble_with": ["baseline"], "calibration": "temperature"}}
    return study_in(experiment_of(tmp_path_factory.mktemp("hard"), patch)[0])


@settings(max_examples=12)
@given(lr=st.floats(1e-5, 0.1), batch=st.integers(2, 8), replicate=st.integers(0, 3))
def test_no_stage_of_any_tryout_predicts_test_images(hard: Study, lr: float, batch: int, replicate: int) -> None:
    found = hard.tryouts({"optimizer.lr": lr, "train.batch_size": batch}, replicate)
    assert {stage.kind for stage in found.stages.values()} == {"train", "predict", "average", "adjust"}
    assert {stage.task.get("split") for stage in found.stages.values()} == {None, "val"}
    assert {stage.task.get("corruption") for stage in found.stages.values()} == {None}


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"loss.gamma": 1.0}, "loss"),
        ({"optimizer.lr": -1.0}, "optimizer.lr"),
        ({"schedule": {"name": "cosine", "warmup": 9}}, "schedule.warmup"),
        ({"inference.threshold": "best_f1"}, "inference.threshold"),
    ],
)
def test_values_that_make_no_recipe_are_refused_with_their_row(tmp_path: Path, values: Any, place: str) -> None:
    context, _ = experiment_of(tmp_path, HARD["phases"])
    with pytest.raises(UserError) as caught:
        study_in(context).tryouts(values, 0)
    assert caught.value.place.startswith(f"x.yaml: + last: {place}")


class Untouchable:
    """Positions of images that nothing may ask for, however."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"a trial asked for test images: {name}")

    def __iter__(self) -> Any:
        raise AssertionError("a trial asked for test images")

    __len__ = __getitem__ = __array__ = __iter__


class Guarded(np.ndarray[Any, Any]):
    """Images or labels of which some positions may not be read."""

    forbidden: NDArray[np.int64]

    def __getitem__(self, key: Any) -> Any:
        asked = np.arange(len(self))[key]
        assert not np.isin(asked, self.forbidden).any(), "a trial read a test image or its label"
        return self.view(np.ndarray)[key]


def guarded(values: NDArray[Any], forbidden: NDArray[np.int64]) -> Guarded:
    found = np.array(values).view(Guarded)
    np.ndarray.__setitem__(found, forbidden, 0)
    found.forbidden = forbidden
    return found


def sealed(found: tuple[Dataset, Split]) -> tuple[Dataset, Split]:
    """Data whose test images are black, whose test labels are 0, and where asking for any of them is an error."""
    dataset, split = found
    hidden = np.concatenate([split.test, split.confirm])
    dataset = dataclasses.replace(dataset, images=guarded(dataset.images, hidden), labels=Untouchable())  # type: ignore[arg-type]
    labels = guarded(split.labels, hidden)
    return dataset, dataclasses.replace(split, labels=labels, test=Untouchable(), confirm=Untouchable())  # type: ignore[arg-type]


def executed(tryout: Tryout, context: PlanningContext, folder: Path) -> Path:
    """Every stage of a tryout, done by the real core; gives the folder of its predictions."""
    for address, stage in tryout.stages.items():
        for name in ("output", "scratch"):
            (folder / address / name).mkdir(parents=True)
        inputs = {role: folder / needed / "output" for role, needed in stage.needs.items()}
        workspace = Workspace(
            folder / address / "output", folder / address / "scratch", inputs, context.store.datasets, 1e9
        )
        execute(stage.kind, stage.task, workspace, lambda number, metrics: None)
    return folder / tryout.val / "output"


def test_the_real_core_reaches_no_test_image_or_label_in_a_tryout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tiny_file(tmp_path, epochs=1).read_text().replace("test_size: 40", "test_size: 0.3, confirm_size: 0.5")
    inference = "{members: 2, tta: [identity, shift], calibration: temperature}"
    (tmp_path / "tiny.yaml").write_text(text.replace("{tta: [identity, shift]}", inference))
    context = context_of(load(tmp_path / "tiny.yaml"), tmp_path)
    tryout = study_in(context).tryouts({"optimizer.lr": 0.02}, 1)
    free = executed(tryout, context, tmp_path / "free")
    data: Callable[[Task, Path], tuple[Dataset, Split]] = core_task.Task.data
    asked = []

    def only_sealed(task: Task, datasets: Path) -> tuple[Dataset, Split]:
        asked.append(task)
        return sealed(data(task, datasets))

    monkeypatch.setattr(core_task.Task, "data", only_sealed)
    shut = executed(tryout, context, tmp_path / "shut")
    assert len(asked) >= 4  # two trainings and two predictions
    assert (free / PREDICTIONS).read_bytes() == (shut / PREDICTIONS).read_bytes()
    assert (free / OUTCOME).read_bytes() == (shut / OUTCOME).read_bytes()
    with pytest.raises(AssertionError, match="a trial"):
        only_sealed(asked[-1], context.store.datasets)[0].images[:]
