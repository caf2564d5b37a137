"""The contract as pytest runs it: over every component, with a message for a suite of none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ablation.recipe.component import Component
from ablation.recipe.data.digits import Digits
from ablation.testing import SECTIONS, ComponentContract, discovered
from ablation.testing.sections import section_of


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
