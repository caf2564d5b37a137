"""Plans and results for tables, figures and records."""

import pytest
from ladders import golden_plan, golden_results, judged, long_plan, long_results, make_plan, make_results, with_hole

__all__ = ["golden_plan", "golden_results", "long_plan", "long_results", "make_plan", "make_results", "with_hole"]


@pytest.fixture
def golden(golden_plan, golden_results):
    return judged(golden_plan, golden_results)
