"""The clauses on numbers find the faults that they are for."""

from __future__ import annotations

from typing import Any

import faulty_components as faulty
import pytest

from ablation.testing import ComponentContract

Contract = ComponentContract
BROKEN = AssertionError, pytest.fail.Exception
"""What a failing clause raises: an assertion, or that nothing was refused."""

FAULTS = [
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


@pytest.mark.parametrize("clause", dict.fromkeys(clause for clause, _ in FAULTS))
def test_a_sound_component_breaks_no_clause(clause: Any) -> None:
    clause(ComponentContract(), faulty.Sound)
