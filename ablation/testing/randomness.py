"""Draws from the generators of the process."""

import random
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from ablation.core.streams import drawing

CPU = torch.device("cpu")

_T = TypeVar("_T")


def drawn_by(work: Callable[[], _T], seed: int) -> tuple[_T, set[str]]:
    """The result of ``work`` after seeding torch as the core does, and the generators that it drew from or seeded."""
    with drawing(seed, CPU):
        before = _states()
        result = work()
        after = _states()
    return result, {name for name, state in after.items() if state != before[name]}


def _states() -> dict[str, object]:
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (kind, np.asarray(keys).tobytes(), *rest),
        "random": random.getstate(),
    }
