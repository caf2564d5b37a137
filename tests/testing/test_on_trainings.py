"""The clauses on trainings find the faults that they are for."""

from __future__ import annotations

from typing import Any

import faulty_components as faulty
import pytest

from ablation.recipe.loss.cross_entropy import CrossEntropy
from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier
from ablation.testing import ComponentContract, tiny

Contract = ComponentContract
BROKEN = AssertionError, pytest.fail.Exception
"""What a failing clause raises: an assertion, or that nothing was refused."""

FAULTS = [
    (Contract.test_a_training_touches_no_generator_of_the_process, faulty.Seeds),
    (Contract.test_a_training_that_was_stopped_ends_as_one_that_was_not, faulty.Counts),
    (Contract.test_switched_off_again_it_leaves_the_baseline_as_it_was, faulty.Leaks),
    (Contract.test_switching_it_on_shifts_no_other_stream, faulty.Resets),
]


@pytest.mark.parametrize(("clause", "component"), FAULTS, ids=[component.__name__ for _, component in FAULTS])
def test_a_fault_is_found_by_its_clause(monkeypatch: pytest.MonkeyPatch, clause: Any, component: Any) -> None:
    tiny.trained(tiny.baseline_with())
    monkeypatch.setattr(CrossEntropy, "build", CrossEntropy.build)  # which one of them replaces
    with pytest.raises(BROKEN):
        clause(ComponentContract(), component)


@pytest.mark.parametrize("clause", dict.fromkeys(clause for clause, _ in FAULTS))
def test_a_sound_component_breaks_no_clause(clause: Any) -> None:
    clause(ComponentContract(), faulty.Sound)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_that_does_not_stay_finite_is_found(precision: str) -> None:
    with pytest.raises(BROKEN):
        ComponentContract().test_two_steps_are_finite(faulty.Infinite, precision)


def test_a_networks_trainings_are_skipped_where_it_is_large() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"\d\d,\d\d\d,\d\d\d parameters at 8 px"):
        ComponentContract().patch_of(TorchvisionClassifier)
