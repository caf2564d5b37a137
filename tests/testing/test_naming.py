"""Names and cards of components."""

from __future__ import annotations

import faulty_components as faulty

from ablation.recipe.loss.focal import Focal
from ablation.testing.naming import CARD, by_default, card_of, name_of, parts_of


def test_a_component_of_the_package_is_named_by_its_setting_and_another_by_its_import_path() -> None:
    assert name_of(Focal) == "focal"
    assert name_of(faulty.Sound) == "faulty_components:Sound"
    assert by_default(Focal) == Focal()


def test_a_card_stands_in_the_class_or_in_its_module() -> None:
    assert list(parts_of(card_of(Focal))) == list(CARD)
    assert list(parts_of(card_of(faulty.HalfACard))) == ["Changes", "Helps"]
    assert parts_of(card_of(faulty.Cardless)) == {}
