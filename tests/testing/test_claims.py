"""What settings claim of what they build is tried."""

from __future__ import annotations

from typing import Any

import faulty_components as faulty
import pytest

from ablation.testing import ComponentContract

Contract = ComponentContract
BROKEN = AssertionError, pytest.fail.Exception
"""What a failing clause raises: an assertion, or that nothing was refused."""

FAULTS = [
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.ScalesNothing),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.ChangesSomething),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.MixesSomething),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.GrowsWithTheLoss),
    (Contract.test_what_its_settings_say_of_it_is_true, faulty.IgnoresTheLoss),
]


@pytest.mark.parametrize(("clause", "component"), FAULTS, ids=[component.__name__ for _, component in FAULTS])
def test_a_fault_is_found_by_its_clause(clause: Any, component: Any) -> None:
    with pytest.raises(BROKEN):
        clause(ComponentContract(), component)


@pytest.mark.parametrize("clause", dict.fromkeys(clause for clause, _ in FAULTS))
def test_a_sound_component_breaks_no_clause(clause: Any) -> None:
    clause(ComponentContract(), faulty.Sound)
