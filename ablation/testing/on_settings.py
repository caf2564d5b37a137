"""Tests of the settings of a component, and of the numbers that it computes with its defaults."""

from typing import Any

import pytest
import torch
import yaml
from pydantic import ValidationError
from torch import Tensor

from ablation.recipe.component import Component
from ablation.recipe.search import UsualChoices, UsualRange
from ablation.testing.claims import check_claims
from ablation.testing.declaration import (
    bad_values,
    by_default,
    card_of,
    check_card,
    name_of,
    refused_at,
    takes_any_number,
    undescribed,
)
from ablation.testing.randomness import drawn_by
from ablation.testing.sections import section_of


class SettingsContract:
    """A card, a name, and settings that are described, bounded, frozen, refused under their name and survive YAML.

    The defaults build, give finite numbers, and draw from torch's generator alone, where the section allows it.
    """

    def test_the_card_has_its_parts_in_their_order(self, component: type[Component]) -> None:
        check_card(component)
        head = card_of(component)[0]
        assert head.endswith("."), head
        assert ":" in head, head

    def test_every_setting_is_described_and_every_class_too(self, component: type[Component]) -> None:
        assert not undescribed(component)
        assert component.__doc__

    def test_every_number_has_bounds(self, component: type[Component]) -> None:
        assert not [name for name, field in component.model_fields.items() if takes_any_number(field)]

    def test_bad_values_are_refused_under_their_settings_names(self, component: type[Component]) -> None:
        values = [(name, value, refused_at(component, name, value)) for name, value in bad_values(component)]
        assert not [(name, value, places) for name, value, places in values if places != {name}]

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
        assert {type(base.choose(choice)) for choice in (name, *component.names())} == {component}

    def test_the_defaults_build_and_do_what_their_section_promises(self, component: type[Component]) -> None:
        numbers, _ = _used(component)
        assert torch.isfinite(numbers).all()

    def test_what_its_settings_say_of_it_is_true(self, component: type[Component]) -> None:
        check_claims(by_default(component))

    def test_its_numbers_follow_torchs_generator_alone(self, component: type[Component]) -> None:
        (first, drew), (again, _) = _used(component), _used(component)
        assert torch.equal(first, again)
        assert drew <= {"torch"}

    def test_it_draws_only_where_its_section_may(self, component: type[Component]) -> None:
        section = section_of(component)
        made, in_building = drawn_by(lambda: section.build(by_default(component)), seed=1)
        _, in_use = drawn_by(lambda: section.use(made), seed=2)
        assert section.draws == "always" or not in_building
        assert section.draws != "never" or not in_use


def _used(component: type[Component]) -> tuple[Tensor, set[str]]:
    """The numbers of a component that is built and used with its defaults, and the generators that it drew from."""
    section = section_of(component)
    return drawn_by(lambda: section.use(section.build(by_default(component))), seed=1)
