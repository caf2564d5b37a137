"""Summaries against NumPy, and the values that they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ablation.stats.summary import summary


def test_summary_has_the_sample_standard_deviation_and_the_extremes():
    seen = summary([1.0, 2.0, 4.0])
    assert (seen.min, seen.max, seen.n) == (1, 4, 3)
    assert seen.mean == pytest.approx(7 / 3)
    assert seen.sd == pytest.approx(np.std([1, 2, 4], ddof=1))
    assert math.isnan(summary([1.0]).sd)
