"""The sections of components."""

from __future__ import annotations

import pytest

from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.focal import Focal
from ablation.recipe.recipe import Recipe
from ablation.testing import SECTIONS, Section, discovered, tiny
from ablation.testing.declaration import by_default
from ablation.testing.sections import section_of


def test_a_component_belongs_to_the_section_of_its_base() -> None:
    assert section_of(Focal).base is LossSettings
    assert [component for section in SECTIONS for component in section.components] == discovered()


def test_what_belongs_to_no_section_is_refused() -> None:
    with pytest.raises(LookupError, match="Recipe is a subclass of none of AugmentSettings, "):
        section_of(Recipe)  # type: ignore[arg-type]


@pytest.mark.parametrize("section", [section for section in SECTIONS if section.place], ids=lambda each: each.place)
def test_a_patch_switches_its_component_on(section: Section) -> None:
    settings = by_default(section.components[-1])
    chosen: object = tiny.baseline_with(section.patch(settings))
    for part in str(section.place).split("."):
        chosen = getattr(chosen, part)
    assert chosen in (settings, (settings,))
