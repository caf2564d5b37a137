"""Which generators of the process some work draws from or seeds."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ablation.testing.randomness import drawn_by

DRAWS: dict[str, Callable[[], object]] = {
    "torch": lambda: torch.rand(3),
    "numpy": lambda: np.random.rand(),
    "random": random.random,
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_is_noticed_under_its_generators_name(name: str) -> None:
    _, drew = drawn_by(DRAWS[name], seed=1)
    assert drew == {name}


def test_work_without_draws_draws_nothing_and_its_result_is_returned() -> None:
    assert drawn_by(lambda: 3, seed=1) == (3, set())


def test_torchs_draws_are_those_of_the_seed_and_its_generator_stays_as_it_was() -> None:
    before = torch.get_rng_state()
    first, other, again = (drawn_by(lambda: torch.rand(3), seed)[0].tolist() for seed in (1, 2, 1))
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), before)
