"""Tests of the numbers that a component computes."""

import torch

from ablation.recipe.component import Component
from ablation.testing.naming import by_default
from ablation.testing.randomness import drawn_by
from ablation.testing.sections import section_of


class NumbersContract:
    """Defaults that build, finite numbers, and draws from torch's generator alone, where the section allows them."""

    def test_the_defaults_build_and_do_what_their_section_promises(self, component: type[Component]) -> None:
        section = section_of(component)
        numbers, _ = drawn_by(lambda: section.use(section.build(by_default(component))), seed=1)
        assert torch.isfinite(numbers).all()

    def test_what_its_settings_say_of_it_is_true(self, component: type[Component]) -> None:
        section_of(component).claims(by_default(component))

    def test_its_numbers_follow_torchs_generator_alone(self, component: type[Component]) -> None:
        section = section_of(component)
        (first, drew), (again, _) = (
            drawn_by(lambda: section.use(section.build(by_default(component))), seed=1) for _ in range(2)
        )
        assert torch.equal(first, again)
        assert drew <= {"torch"}

    def test_it_draws_only_where_its_section_may(self, component: type[Component]) -> None:
        section = section_of(component)
        made, in_building = drawn_by(lambda: section.build(by_default(component)), seed=1)
        _, in_use = drawn_by(lambda: section.use(made), seed=2)
        assert section.draws_in_building or not in_building
        assert section.draws_in_use or not in_use
