from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from ablation.experiment.config.search import TuneSettings
from ablation.experiment.search.resolve_space import resolve_space
from ablation.experiment.search.space import SearchSpace
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
