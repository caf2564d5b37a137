"""One thread for every test, as a training lane has."""

from __future__ import annotations

import pytest
import torch
from hypothesis import settings


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


# the same examples every time, so that a change fails for what it changed; a first use of torch may take seconds
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("repeatable")
