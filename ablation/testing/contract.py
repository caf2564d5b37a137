"""All of a component's contract, and how pytest comes to the components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest

from ablation.recipe.component import Component
from ablation.testing import tiny
from ablation.testing.bad_values import bad_values
from ablation.testing.on_numbers import NumbersContract
from ablation.testing.on_settings import SettingsContract
from ablation.testing.on_trainings import TrainingContract
from ablation.testing.sections import section_of


class ComponentContract(TrainingContract, NumbersContract, SettingsContract):  # pytest begins with the last base
    """What a component owes; a subclass whose name begins with ``Test`` says which component is meant.

    A component outside the package must be importable under its module's name. Its card stands in the docstring of its
    class, or of its module.
    """

    component: ClassVar[type[Component]]
    """The settings class to be tested; its section's base says what it is used for."""

    @classmethod
    def components(cls) -> Sequence[type[Component]]:
        """The settings classes to be tested, for a subclass that tests several."""
        return (cls.component,)

    @pytest.fixture(autouse=True)
    def baseline_before_it(self) -> None:
        """Train the baseline once, before a component could leave its mark on it."""
        tiny.baseline()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test for each component, and for each of its bad values."""
        components = _checked(type(self))
        if metafunc.function.__name__ in vars(TrainingContract):
            components = [each for each in components if section_of(each).place]
        if "value" in metafunc.fixturenames:
            cases = [(each, name, value) for each in components for name, value in bad_values(each)]
            ids = [f"{each.__name__}-{name}-{str(value)[:12]}" for each, name, value in cases]
            metafunc.parametrize(("component", "name", "value"), cases, ids=ids)
        elif "component" in metafunc.fixturenames:
            metafunc.parametrize("component", components, ids=[each.__name__ for each in components])


def _checked(suite: type[ComponentContract]) -> Sequence[type[Component]]:
    """The components of a suite.

    Raises:
        pytest.UsageError: it names none, or something else.
    """
    try:
        components = suite.components()
    except AttributeError as error:
        raise pytest.UsageError(f"{suite.__name__} needs a line `component = YourSettings`") from error
    for each in components:
        try:
            section_of(each)
        except (LookupError, TypeError) as error:
            raise pytest.UsageError(f"{suite.__name__}.component: {error}") from error
    return components
