"""The golden ladder: six replicates of four rows."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def golden() -> np.ndarray:
    """Shape (rows, replicates): baseline, + aug, + ls, + ema, in points."""
    replicates = [
        [80.0, 82.0, 82.3, 82.9],
        [79.0, 81.5, 81.4, 82.2],
        [81.0, 82.6, 82.9, 83.0],
        [80.4, 82.5, 82.3, 83.1],
        [79.6, 81.4, 81.9, 82.3],
        [80.2, 82.3, 82.5, 82.8],
    ]
    return np.array(replicates).T
