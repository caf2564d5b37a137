from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import pytest
from small_experiment import SMALL, changed, write_experiment
from standin_plan import standin_plan

import ablation
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.workflow.planning import plan_of as make_plan_of

OWN = """
import torch
from torch import nn
from torchvision.transforms import v2

from ablation.recipe.augment import AugmentSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from {module}_parts import Tiny


class Poly(LossSettings):
    name: str
    epsilon: float = 1.0

    def build(self, class_weights):
        return nn.CrossEntropyLoss(weight=class_weights, reduction="none")


class Net(BackboneSettings):
    name: str

    def build(self, image_size):
        return Backbone(Tiny(), features=3)


class Flip(AugmentSettings):
    name: str

    def build(self, frame):
        return v2.RandomHorizontalFlip()
"""
PARTS = """
from torch import nn


class Tiny(nn.Module):
    def forward(self, images):
        return images.mean((2, 3))
"""


def planned(folder: Path, text: str = SMALL, *overrides: str) -> Plan:
    options = ablation.Options(root=folder / "store", device="cpu")
    return make_plan_of(write_experiment(folder, text), overrides, options=options)


def addresses(plan: Plan) -> dict[tuple[str, int], tuple[str, ...]]:
    return {(run.variant, run.replicate): run.stages for run in plan.runs}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(tmp_path_factory.mktemp("small"))


def test_eleven_are_requested_and_eight_trained_a_replicate(small: Plan) -> None:
    assert (len(small.design_points), small.trainings, len(small.variants), small.replicates) == (11, 8, 10, 2)
    trained = [stage for stage in small.stages.values() if stage.kind == "train"]
    assert len(trained) == 16
    assert all(stage.work == 8 for stage in trained)  # 12 images: 2 for test, 2 of the 10 left for validation
    assert small.dataset["counts"] == {"train": [4, 4], "val": [1, 1], "test": [1, 1]}


def test_a_rung_of_inference_only_trains_nothing(small: Plan) -> None:
    before, after = (small.runs_of(name) for name in ("+ Cosine", "+ Views"))
    assert [run.train for run in before] == [run.train for run in after]
    assert not {run.test for run in before} & {run.test for run in after}


def test_every_need_of_a_stage_comes_before_it(small: Plan) -> None:
    seen: set[str] = set()
    for address, stage in small.stages.items():
        assert address == stage.address
        assert seen.issuperset(stage.needs.values())
        seen.add(address)


def test_replicates_share_nothing_but_the_latency(small: Plan) -> None:
    one, other = small.runs_of("+ Flips")
    assert one.latencies == other.latencies
    assert not set(one.stages[:3]) & set(other.stages[:3])


@pytest.mark.parametrize("plan_of", ["small", "standin"])
def test_a_plan_survives_json_and_back(plan_of: str, small: Plan) -> None:
    plan = small if plan_of == "small" else standin_plan(variants=4, replicates=3)
    assert load_plan(dump_plan(plan)) == plan


def test_what_has_no_effect_on_a_training_changes_no_address(small: Plan, tmp_path: Path) -> None:
    text = SMALL.replace("name: small\n", "description: other words # and a comment\nname: another\n")
    for old in ("Wider", "Focal loss", "Flips"):
        text = text.replace(old, f"{old} renamed")
    (tmp_path / "elsewhere").mkdir()
    moved = write_experiment(tmp_path, text.replace("path: images", "path: elsewhere/pictures"))
    (tmp_path / "images").rename(tmp_path / "elsewhere" / "pictures")
    other = make_plan_of(moved, options=ablation.Options(root=tmp_path / "another store", device="cpu"))
    assert list(addresses(other).values()) == list(addresses(small).values())


def test_a_changed_rung_changes_just_the_variants_that_hold_it(small: Plan, tmp_path: Path) -> None:
    other = planned(tmp_path, changed("{loss: {name: focal}}", "{loss: {name: focal, gamma: 1.0}}"))
    before, after = addresses(small), addresses(other)
    holds = {variant.name: "Focal loss" in variant.rungs for variant in small.variants}
    assert before.keys() == after.keys()
    for run, stages in before.items():
        *judged, latency = stages
        assert set(judged).isdisjoint(after[run]) == holds[run[0]]
        assert latency == after[run][-1]  # a loss costs nothing at inference


def test_another_pixel_another_label_or_another_seed_is_another_training(small: Plan, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("pixel", "label", "seed")]
    for folder in folders:
        folder.mkdir()
        write_experiment(folder)
    (folders[0] / "images/a/0.png").write_bytes((folders[0] / "images/b/0.png").read_bytes())
    (folders[1] / "images/b/0.png").rename(folders[1] / "images/a/9.png")
    text = ("", "", "seed: 1\n")
    known = {run.train for run in small.runs}
    for folder, more in zip(folders, text, strict=True):
        (folder / "small.yaml").write_text(SMALL + more)
        plan = make_plan_of(folder / "small.yaml", options=ablation.Options(root=folder / "store", device="cpu"))
        assert known.isdisjoint({run.train for run in plan.runs})


def test_components_of_the_users_own_are_planned_from_the_experiments_folder(tmp_path: Path) -> None:
    module = f"own_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(OWN.replace("{module}", module))
    (tmp_path / f"{module}_parts.py").write_text(PARTS)
    text = changed("{loss: {name: focal}}", f"{{loss: {{name: '{module}:Poly', epsilon: 2.0}}}}")
    text = text.replace("{augment: {name: basic}}", f"{{augment: '{module}:Flip'}}")
    text = text.replace("{model: {backbone: {width: 3}}}", f"{{model: {{backbone: '{module}:Net'}}}}")
    plan = planned(tmp_path, text)
    assert plan.trainings == 8
    recipe = plan.variant("+ Views").recipe
    assert recipe["loss"] == {"name": f"{module}:Poly", "epsilon": 2.0}
    assert recipe["model"]["backbone"] == {"name": f"{module}:Net"}
    assert load_plan(dump_plan(plan)) == plan


@pytest.mark.parametrize(
    ("only", "chosen"), [((), None), (("Flips",), ("+ Flips",)), (("baseline", "all but Wider"),) * 2]
)
def test_only_names_variants_or_the_rungs_of_rows(small: Plan, only: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    assert small.chosen(only) == (chosen or tuple(variant.name for variant in small.variants))


def test_only_with_an_unknown_name_says_the_nearest(small: Plan) -> None:
    with pytest.raises(UserError, match="did you mean 'Flips'"):
        small.chosen(["Flip"])


def test_the_stages_of_some_variants_are_all_that_these_need(small: Plan) -> None:
    stages = small.stages_of(["baseline"])
    assert set(stages) == {address for run in small.runs_of("baseline") for address in run.stages}
    assert list(stages) == [address for address in small.stages if address in stages]


def test_a_plan_cannot_be_changed(small: Plan) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        small.name = "x"  # type: ignore[misc]


@pytest.mark.parametrize("name", ablation.__all__)
def test_the_contents_page_keeps_its_promises(name: str) -> None:
    assert getattr(ablation, name).__name__ == name


def test_report_stays_a_function_once_everything_is_imported() -> None:
    importlib.import_module("ablation.reporting.export")
    assert callable(ablation.report)


def test_what_is_not_on_the_contents_page_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tuna'"):
        ablation.tuna  # noqa: B018


def test_a_rung_whose_name_begins_with_without_is_not_taken_as_left_out() -> None:
    overrides = ("without x/loss.gamma=3", "train.epochs=2", "without x y")
    invocation = dataclasses.replace(standin_plan(), overrides=overrides, asked_by=None).invocation
    assert invocation.overrides == overrides[:2]
    assert invocation.without == ("x y",)
