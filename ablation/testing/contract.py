"""The whole contract of a component, and its parametrisation in pytest."""

from collections.abc import Sequence
from typing import ClassVar

import pytest

from ablation.recipe.component import Component
from ablation.testing import tiny
from ablation.testing.on_settings import SettingsContract
from ablation.testing.on_trainings import TrainingContract
from ablation.testing.sections import section_of


class ComponentContract(TrainingContract, SettingsContract):  # pytest runs the last base first
    """The tests of a component; a subclass whose name begins with ``Test`` names the component.

    A component outside of the package must be importable under its module's name. Its card is the docstring of its
    class, or of its module.
    """

    component: ClassVar[type[Component]]
    """The settings class to test; its base class is that of its section."""

    @classmethod
    def components(cls) -> Sequence[type[Component]]:
        """The settings classes to test; override it to test several."""
        return (cls.component,)

    @pytest.fixture(autouse=True)
    def baseline_before_it(self) -> None:
        """Train the baseline once, before a component can affect it."""
        tiny.trained(tiny.baseline_with())

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test for each component."""
        components = _checked(type(self))
        if metafunc.function.__name__ in vars(TrainingContract):
            components = [component for component in components if section_of(component).place]
        if "component" in metafunc.fixturenames:
            metafunc.parametrize("component", components, ids=[component.__name__ for component in components])


def _checked(suite: type[ComponentContract]) -> Sequence[type[Component]]:
    """The components of a suite; ``pytest.UsageError`` if it names none, or something else."""
    try:
        components = suite.components()
    except AttributeError as error:
        raise pytest.UsageError(f"{suite.__name__} needs a line `component = YourSettings`") from error
    for component in components:
        try:
            section_of(component)
        except (LookupError, TypeError) as error:
            raise pytest.UsageError(f"{suite.__name__}.component: {error}") from error
    return components
