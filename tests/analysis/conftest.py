"""Plans and results for tables, figures and records."""

from ladders import golden_plan, golden_results, long_plan, long_results, make_plan, make_results, with_hole

__all__ = ["golden_plan", "golden_results", "long_plan", "long_results", "make_plan", "make_results", "with_hole"]
