from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from search_spaces import FOCAL, choices, own_values, recipe, refusal, resolved, span

from ablation.experiment.config.search import TuneSettings
from ablation.experiment.config.setting_paths import with_values
from ablation.experiment.search.resolve_space import resolve_space
from ablation.experiment.search.searchable import default_space
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.recipe.augment import AugmentSettings
from ablation.recipe.recipe import Recipe

FROZEN = json.loads((Path(__file__).parent / "default_ranges.json").read_text())
BASE: dict[str, Any] = {
    "data": {"source": "digits", "image_size": 16},
    "model": {"backbone": "small_cnn"},
    "train": {"epochs": 4},
}

OWN = """
from typing import ClassVar

from pydantic import Field
from torch import nn

from ablation.recipe.loss import LossSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.search import NotSearched, UsualChoices, UsualRange


class Poly(LossSettings):
    scaling: ClassVar = ("weight",)
    name: str
    epsilon: float = Field(1.0, ge=-1)
    weight: float = Field(1.0, gt=0)

    def search_space(self):
        return {"epsilon": UsualRange(-1, 4), "weight": UsualRange(0.5, 2)}

    def build(self, class_weights):
        return nn.CrossEntropyLoss(weight=class_weights, reduction="none")


class Wide(HeadSettings):
    name: str
    width: int = Field(8, ge=1)
    bias: bool = True
    dropout: float = Field(0.0, ge=0, lt=1)

    def search_space(self):
        return {
            "width": UsualRange(4, 64, log=True),
            "bias": UsualChoices((True, False)),
            "dropout": NotSearched("it is off here"),
        }

    def build(self, features, classes):
        return nn.Linear(features, classes)
"""


def space_of(**sections: Any) -> SearchSpace:
    return resolve_space(TuneSettings(), Recipe.model_validate(BASE | sections), "t")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module of a user's loss and head."""
    module = f"own_space_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return module


@pytest.mark.parametrize("case", FROZEN, ids=lambda case: json.dumps(case["sections"])[:80])
def test_the_ranges_are_those_that_studies_were_defined_by(case: dict[str, Any]) -> None:
    space = space_of(**case["sections"])
    ranges = [[each.path, each.kind, each.own, each.low, each.high, each.log] for each in space.parameters]
    assert ranges == case["ranges"]
    assert [notice for notice in space.notices if notice in case["notices"]] == case["notices"]
    others = set(space.notices) - set(case["notices"])
    assert all("; a rung with " in notice for notice in others), "of components that have come since"


def test_a_users_components_are_searched_by_what_they_say(own: str) -> None:
    head = {"name": f"{own}:Wide", "width": 16}
    space = space_of(loss=f"{own}:Poly", optimizer="sgd", model={"backbone": "small_cnn", "head": head})
    ranges = {each.path: (each.kind, each.own, each.low, each.high, each.log) for each in space.parameters}
    assert ranges["loss.epsilon"] == ("float", 1.0, -1, 4, False)
    assert ranges["loss.weight"] == ("float", 1.0, 0.5, 2, False)
    assert ranges["model.head.width"] == ("int", 16, 4, 64, True)
    assert next(each.choices for each in space.parameters if each.path == "model.head.bias") == (True, False)
    assert "model.head.dropout is left out: it is off here" in space.notices
    assert "loss.weight: one number for all classes scales the loss, so under sgd it is another learning rate" in (
        space.notices
    )


def test_a_users_setting_that_only_scales_the_loss_is_left_out_where_steps_do_not_depend_on_that(own: str) -> None:
    space = space_of(loss=f"{own}:Poly", optimizer="adamw")
    assert [each.path for each in space.parameters] == ["optimizer.lr", "loss.epsilon"]
    assert any(notice.startswith("loss.weight is left out: one number") for notice in space.notices)
    clipped = space_of(loss=f"{own}:Poly", optimizer="adamw", train={"clip_norm": 1.0})
    assert "loss.weight" in [each.path for each in clipped.parameters]


def test_what_another_component_of_the_section_would_search_is_named() -> None:
    assert "loss.gamma: cross_entropy has no gamma; a rung with loss: focal has" in space_of().notices


SCALES = "one number for all classes only scales the loss, on which adamw's steps do not depend; what can matter: "


def test_a_component_that_suggests_nothing_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one may import a whole library: albumentations, timm."""
    row, made = Recipe.model_validate(BASE), list[object]()
    monkeypatch.setattr(AugmentSettings, "choose", made.append)
    default_space(row)
    assert made == []


def test_the_usual_space_is_learning_rate_gamma_and_an_alpha_that_matters() -> None:
    lr, gamma, alpha = resolved({}, recipe(loss=FOCAL, optimizer="sgd")).parameters
    assert lr == Parameter("optimizer.lr", "float", 0.01, 0.001, 0.1, log=True)
    assert gamma == Parameter("loss.gamma", "float", 2.0, 0, 5)
    assert alpha == Parameter("loss.alpha", "float", 0.25, 0.05, 1)


@pytest.mark.parametrize(
    ("sections", "paths", "notice"),
    [
        ({}, ["optimizer.lr"], "loss.gamma: cross_entropy has no gamma; a rung with loss: focal has"),
        (
            {"loss": FOCAL},
            ["optimizer.lr", "loss.gamma"],
            f"loss.alpha is left out: {SCALES}balance.power, or alpha per class, as choices of lists",
        ),
        (
            {"loss": FOCAL, "balance": {}},
            ["optimizer.lr", "loss.gamma"],
            f"loss.alpha is left out: {SCALES}balance.power with balance.class_weights: balanced, or alpha per class, "
            "as choices of lists",
        ),
        (
            {"loss": FOCAL | {"alpha": [1, 2]}, "optimizer": "sgd"},
            ["optimizer.lr", "loss.gamma"],
            "loss.alpha is left out: it is given per class here, so only choices of lists can search it",
        ),
        (
            {"loss": FOCAL, "optimizer": "sgd"},
            ["optimizer.lr", "loss.gamma", "loss.alpha"],
            "loss.alpha: one number for all classes scales the loss, so under sgd it is another learning rate",
        ),
    ],
)
def test_the_usual_space_leaves_out_what_cannot_matter(sections: dict[str, Any], paths: list[str], notice: str) -> None:
    space = resolved({}, recipe(**sections))
    assert [each.path for each in space.parameters] == paths
    assert space.notices[0] == notice


@pytest.mark.parametrize(
    "sections",
    [{"optimizer": {"name": "adam", "weight_decay": 0.1}}, {"train": {"epochs": 4, "clip_norm": 1.0}}],
)
def test_a_scalar_alpha_matters_to_decay_and_clipping(sections: dict[str, Any]) -> None:
    assert len(resolved({}, recipe(loss=FOCAL, **sections)).parameters) == 3


def test_the_usual_space_reaches_the_rows_own_values() -> None:
    row = recipe(loss={"name": "focal", "gamma": 7, "alpha": 0.01}, optimizer="sgd")
    assert with_values(row, own_values(resolved({}, row), row)) == row


def test_an_alpha_that_only_scales_is_kept_where_it_is_asked_for() -> None:
    space = resolved({"loss.alpha": span(0.05, 1)}, recipe(loss=FOCAL))
    assert space.parameters[0].own == 0.25
    assert space.notices[0].startswith(f"loss.alpha: {SCALES}")
    assert refusal({"loss.alpha": span(0.05, 1)}, recipe(loss=FOCAL | {"alpha": [1, 2]})).startswith(
        ".loss.alpha: the row's own value, [1.0, 2.0], is no number that a range could hold"
    )
    per_class = resolved({"loss.alpha": choices([1, 2], [2, 1])}, recipe(loss=FOCAL | {"alpha": [1, 2]}))
    assert (per_class.parameters[0].own, per_class.notices) == ([1, 2], ())


@pytest.mark.parametrize(
    "path",
    [
        *(
            "data",
            "data.source",
            "data.val_size",
            "data.train_fraction",
            "data.confirm_size",
            "phases",
            "phases.a.start",
        ),
        *("train", "train.keep", "train.keep_by", "inference", "inference.ensemble_with", "inference.threshold"),
        "inference.calibration",
    ],
)
def test_rules_of_the_experiment_are_not_searched(path: str) -> None:
    assert refusal({path: span(0, 1)}).startswith(f".{path}: cannot be searched: ")


def test_what_of_the_data_keeps_the_images_is_searched() -> None:
    assert resolved({"data.image_size": span(8, 32)}).parameters[0].kind == "int"


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_epochs_are_not_searched_where_they_are_compared(pruner: str) -> None:
    assert refusal({"train.epochs": span(1, 4)}, pruner=pruner).startswith(
        f".train.epochs: cannot be searched: {pruner}"
    )
    assert resolved({"train.epochs": span(1, 4)}).parameters[0].own == 4
