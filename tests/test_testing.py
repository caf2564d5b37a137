"""The shipped contract finds what it is there to find."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import faulty_components as faulty
import pytest
import torch
from pydantic import ValidationError

from ablation.recipe.component import Component
from ablation.recipe.data.digits import Digits
from ablation.recipe.loss.cross_entropy import CrossEntropy
from ablation.recipe.loss.focal import Focal
from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier
from ablation.testing import SECTIONS, ComponentContract, discovered, tiny
from ablation.testing.bad_values import bad_values
from ablation.testing.sections import section_of

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
    (Contract.test_its_usual_space_is_of_its_own_settings_and_holds_their_values, faulty.SearchesElsewhere),
    (Contract.test_its_usual_space_is_of_its_own_settings_and_holds_their_values, faulty.SearchesOthers),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.ScalesNothing),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.ChangesSomething),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.MixesSomething),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.GrowsWithTheLoss),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.IgnoresTheLoss),
    (Contract.test_its_numbers_follow_torchs_generator_alone, faulty.DrawsFromNumPy),
    (Contract.test_its_numbers_follow_torchs_generator_alone, faulty.DrawsFromPython),
    (Contract.test_it_draws_only_where_its_section_may, faulty.Draws),
    (Contract.test_it_draws_only_where_its_section_may, faulty.DrawsWhenBuilt),
    (Contract.test_a_training_touches_no_generator_of_the_process, faulty.Seeds),
    (Contract.test_a_training_that_was_stopped_ends_as_one_that_was_not, faulty.Counts),
    (Contract.test_switched_off_again_it_leaves_the_baseline_as_it_was, faulty.Leaks),
    (Contract.test_switching_it_on_shifts_no_other_stream, faulty.Resets),
]


@pytest.mark.parametrize(("clause", "component"), FAULTS, ids=[component.__name__ for _, component in FAULTS])
def test_a_fault_is_found_by_its_clause(monkeypatch: pytest.MonkeyPatch, clause: Any, component: Any) -> None:
    tiny.baseline()
    monkeypatch.setattr(CrossEntropy, "build", CrossEntropy.build)  # which one of them replaces
    with pytest.raises(BROKEN):
        clause(ComponentContract(), component)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_that_does_not_stay_finite_is_found(precision: str) -> None:
    with pytest.raises(BROKEN):
        ComponentContract().test_two_steps_are_finite(faulty.Infinite, precision)


@pytest.mark.parametrize("component", [faulty.Lenient, faulty.BlamesNothing])
def test_a_bad_value_that_passes_or_is_refused_namelessly_is_found(component: type[Component]) -> None:
    for name, value in bad_values(component):
        if name != component.key:
            with pytest.raises(BROKEN):
                ComponentContract().test_a_bad_value_is_refused_under_the_settings_name(component, name, value)


@pytest.mark.parametrize("clause", dict.fromkeys(clause for clause, _ in FAULTS if "card" not in clause.__name__))
def test_a_sound_component_breaks_no_clause(clause: Any) -> None:
    clause(ComponentContract(), faulty.Sound)


def test_a_usual_range_beyond_the_bounds_is_found() -> None:
    with pytest.raises(ValidationError):
        ComponentContract().test_its_usual_space_is_of_its_own_settings_and_holds_their_values(faulty.SearchesTooFar)


def test_bad_values_stand_just_outside_the_bounds() -> None:
    assert {value for name, value in bad_values(faulty.Sound) if isinstance(value, int)} == {0, 3}
    assert -1 in {value for name, value in bad_values(Focal) if name == "gamma"}


def test_a_networks_trainings_are_skipped_where_it_is_large() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"\d\d,\d\d\d,\d\d\d parameters at 8 px"):
        ComponentContract().patch_of(TorchvisionClassifier)


def parametrised(suite: type[ComponentContract], test: str, *names: str) -> list[Any]:
    """What pytest would run a test of a suite with."""
    found: list[Any] = []
    metafunc: Any = SimpleNamespace(
        fixturenames=names,
        function=getattr(suite, test),
        parametrize=lambda names, values, ids: found.extend(values),
    )
    suite().pytest_generate_tests(metafunc)
    return found


def test_the_projects_suite_runs_over_every_component() -> None:
    class TestAll(ComponentContract):
        @classmethod
        def components(cls) -> list[type[Component]]:
            return list(discovered())

    unit, training = "test_every_number_has_bounds", "test_a_training_that_was_stopped_ends_as_one_that_was_not"
    assert parametrised(TestAll, unit, "component") == discovered()
    assert {section_of(each) for each in discovered()} == set(SECTIONS)
    placed = [each for each in discovered() if section_of(each).base.__name__ != "CorruptionSettings"]
    assert parametrised(TestAll, training, "component") == placed


@pytest.mark.parametrize(
    ("given", "message"), [({}, "component = "), ({"component": Digits}, "Digits"), ({"component": 3}, "class")]
)
def test_a_suite_of_no_component_says_what_is_missing(given: dict[str, Any], message: str) -> None:
    suite = type("TestNothing", (ComponentContract,), given)
    with pytest.raises(pytest.UsageError, match=message):
        parametrised(suite, "test_every_number_has_bounds", "component")


def test_states_are_the_same_only_bit_for_bit() -> None:
    nan, zero = torch.tensor(float("nan")), torch.zeros(())
    assert tiny.same({"a": [nan, 1.5]}, {"a": [nan.clone(), 1.5]})
    assert not tiny.same(zero, -zero)
    assert not tiny.same(zero, zero.double())
    assert not tiny.same({"a": zero}, {"b": zero})
    assert not tiny.same([1.0], [1.0, 2.0])
    assert not tiny.same(0.1 + 0.2, 0.3)
