"""Tests of the settings of a component."""

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from ablation.recipe.component import Component
from ablation.recipe.search import UsualChoices, UsualRange
from ablation.testing.bad_values import takes_any_number
from ablation.testing.naming import CARD, by_default, card_of, name_of, parts_of
from ablation.testing.sections import section_of


class SettingsContract:
    """A card, a name, and settings that are described, bounded, frozen, refused under their name and survive YAML."""

    def test_the_card_has_its_parts_in_their_order(self, component: type[Component]) -> None:
        card = card_of(component)
        parts = parts_of(card)
        assert list(parts) == list(CARD)
        assert all(parts.values()), parts
        assert card[0].endswith("."), card[0]
        assert ":" in card[0], card[0]

    def test_every_setting_is_described_and_every_class_too(self, component: type[Component]) -> None:
        fields = component.model_fields.items()
        assert not [name for name, field in fields if name != component.key and not field.description]
        assert component.__doc__

    def test_every_number_has_bounds(self, component: type[Component]) -> None:
        assert not [name for name, field in component.model_fields.items() if takes_any_number(field)]

    def test_a_bad_value_is_refused_under_the_settings_name(
        self, component: type[Component], name: str, value: object
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            component.model_validate({component.key: name_of(component), name: value})
        assert {error["loc"][:1] for error in caught.value.errors()} == {(name,)}

    def test_an_unknown_setting_is_refused_under_its_name(self, component: type[Component]) -> None:
        with pytest.raises(ValidationError, match="no_such_setting"):
            component.model_validate({component.key: name_of(component), "no_such_setting": 1})

    def test_settings_cannot_be_changed_once_made(self, component: type[Component]) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(by_default(component), component.key, "other")

    def test_settings_survive_yaml_and_json_and_back(self, component: type[Component]) -> None:
        settings, base = by_default(component), section_of(component).base
        plain = settings.model_dump(mode="json")
        assert base.choose(yaml.safe_load(yaml.safe_dump(plain))) == settings
        assert component.model_validate_json(settings.model_dump_json()) == settings
        assert hash(by_default(component)) == hash(settings)

    def test_its_usual_space_is_of_its_own_settings_and_holds_their_values(self, component: type[Component]) -> None:
        settings, base = by_default(component), section_of(component).base
        for name, usual in settings.search_space().items():
            own = getattr(settings, name)
            if isinstance(usual, UsualRange):
                assert usual.low <= own <= usual.high
                values: tuple[Any, ...] = (usual.low, usual.high)
            else:
                values = usual.choices if isinstance(usual, UsualChoices) else (own,)
            made = [base.choose(settings.model_dump() | {name: value}) for value in values]
            assert not isinstance(usual, UsualChoices) or settings in made

    def test_a_component_is_chosen_by_each_of_its_names(self, component: type[Component]) -> None:
        base, name = section_of(component).base, name_of(component)
        assert base.choose(name) == by_default(component)
        assert ":" in name or name in component.names()
        assert {type(base.choose(each)) for each in (name, *component.names())} == {component}
