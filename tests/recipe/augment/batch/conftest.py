"""Images of several sizes for changes of whole batches."""

from __future__ import annotations

import pytest
from batch_images import pictures
from torch import Tensor

SIZES = [(32, 32), (24, 17), (5, 8), (1, 1), pytest.param((224, 224), marks=pytest.mark.slow)]


@pytest.fixture(params=SIZES, ids=str)
def images(request: pytest.FixtureRequest) -> Tensor:
    """Images (16, 3, height, width) uint8, fewer of large ones."""
    return pictures(16 if request.param[0] < 100 else 4, *request.param)
