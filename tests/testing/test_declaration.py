"""Names and cards of components, and values outside of the bounds that a setting declares."""

from __future__ import annotations

import faulty_components as faulty

from ablation.recipe.loss.focal import Focal
from ablation.testing.declaration import CARD, bad_values, by_default, card_of, name_of, parts_of


def test_a_component_of_the_package_is_named_by_its_setting_and_another_by_its_import_path() -> None:
    assert name_of(Focal) == "focal"
    assert name_of(faulty.Sound) == "faulty_components:Sound"
    assert by_default(Focal) == Focal()


def test_a_card_stands_in_the_class_or_in_its_module() -> None:
    assert list(parts_of(card_of(Focal))) == list(CARD)
    assert list(parts_of(card_of(faulty.HalfACard))) == ["Changes", "Helps"]
    assert parts_of(card_of(faulty.Cardless)) == {}


def test_bad_values_stand_just_outside_the_bounds() -> None:
    assert {value for name, value in bad_values(faulty.Sound) if isinstance(value, int)} == {0, 3}
    assert -1 in {value for name, value in bad_values(Focal) if name == "gamma"}
