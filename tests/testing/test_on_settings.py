"""The clauses on settings and numbers find the faults that they are for."""

from __future__ import annotations

from typing import Any

import faulty_components as faulty
import pytest
from pydantic import ValidationError

from ablation.recipe.component import Component
from ablation.testing import ComponentContract
from ablation.testing.declaration import bad_values, refused_at

Contract = ComponentContract
BROKEN = AssertionError, pytest.fail.Exception
"""What a failing clause raises: an assertion, or that nothing was refused."""

FAULTS = [
    (Contract.test_the_card_has_its_parts_in_their_order, faulty.Cardless),
    (Contract.test_the_card_has_its_parts_in_their_order, faulty.HalfACard),
    (Contract.test_every_setting_is_described_and_every_class_too, faulty.Untold),
    (Contract.test_every_number_has_bounds, faulty.Boundless),
    (Contract.test_an_unknown_setting_is_refused_under_its_name, faulty.TakesAnyKey),
    (Contract.test_settings_cannot_be_changed_once_made, faulty.Thawed),
    (Contract.test_settings_survive_yaml_and_json_and_back, faulty.Rounded),
    (Contract.test_its_usual_space_is_of_its_own_settings_and_holds_their_values, faulty.SearchesElsewhere),
    (Contract.test_its_usual_space_is_of_its_own_settings_and_holds_their_values, faulty.SearchesOthers),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Infinite),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Averaged),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Remembers),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Crops),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Floats),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Unsummed),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.FewerViews),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Still),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Negative),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Wide),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Misstated),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.Choosy),
    (Contract.test_the_defaults_build_and_do_what_their_section_promises, faulty.DrawsWhenJudged),
    (Contract.test_its_numbers_follow_torchs_generator_alone, faulty.DrawsFromNumPy),
    (Contract.test_its_numbers_follow_torchs_generator_alone, faulty.DrawsFromPython),
    (Contract.test_it_draws_only_where_its_section_may, faulty.Draws),
    (Contract.test_it_draws_only_where_its_section_may, faulty.DrawsWhenBuilt),
]


@pytest.mark.parametrize(("clause", "component"), FAULTS, ids=[component.__name__ for _, component in FAULTS])
def test_a_fault_is_found_by_its_clause(clause: Any, component: Any) -> None:
    with pytest.raises(BROKEN):
        clause(ComponentContract(), component)


@pytest.mark.parametrize("clause", dict.fromkeys(clause for clause, _ in FAULTS if "card" not in clause.__name__))
def test_a_sound_component_breaks_no_clause(clause: Any) -> None:
    clause(ComponentContract(), faulty.Sound)


@pytest.mark.parametrize("component", [faulty.Lenient, faulty.BlamesNothing])
def test_bad_values_that_pass_or_are_refused_without_a_name_are_found(component: type[Component]) -> None:
    with pytest.raises(BROKEN):
        ComponentContract().test_bad_values_are_refused_under_their_settings_names(component)
    own = [(name, value) for name, value in bad_values(component) if name != component.key]
    assert own
    assert all(refused_at(component, name, value) != {name} for name, value in own)


def test_a_usual_range_beyond_the_bounds_is_found() -> None:
    with pytest.raises(ValidationError):
        ComponentContract().test_its_usual_space_is_of_its_own_settings_and_holds_their_values(faulty.SearchesTooFar)
