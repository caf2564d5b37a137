"""Why a tuned rung has no numbers yet, in words."""

from __future__ import annotations

from ablation.analysis.verdict.tuning import Unplanned


def unplanned_text(unplanned: Unplanned) -> str:
    """That a study is missing, and the command that runs one."""
    return f"there is no study to take values from, as the file is now: {unplanned.remedy}"
