"""What every component owes, checked for all that the folders hold, so that none can be forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

import pytest

import ablation.recipe
from ablation.recipe.component import Component
from ablation.recipe.model.backbones.timm import TimmClassifier
from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier
from ablation.testing import SECTIONS, ComponentContract, Section, discovered

ELSEWHERE = {"DataSettings"}
"""Sources of images need files: their own tests put them to use."""


def test_no_section_is_forgotten() -> None:
    for module in pkgutil.walk_packages(ablation.recipe.__path__, "ablation.recipe."):
        importlib.import_module(module.name)
    bases = {base for base in Component.__subclasses__() if base.__module__.startswith("ablation.")}
    assert {base.__name__ for base in bases} == {section.base.__name__ for section in SECTIONS} | ELSEWHERE


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.base.__name__)
def test_no_two_components_of_a_section_share_a_name(section: Section) -> None:
    names = [name for component in section.components for name in component.names()]
    assert len(names) == len(set(names))


class TestEveryComponent(ComponentContract):
    """All but the trainings of large backbones."""

    @classmethod
    def components(cls) -> Sequence[type[Component]]:
        return discovered()


@pytest.mark.slow
class TestEveryLargeBackbone(ComponentContract):
    """With its trainings, which are skipped above."""

    most_parameters = 10**9

    @classmethod
    def components(cls) -> Sequence[type[Component]]:
        return (TorchvisionClassifier, TimmClassifier)
