"""Where a study stands, as plain data: what ``tune --status`` and the live display tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TrialStatus = Literal["waiting", "running", "complete", "pruned", "failed"]


@dataclass(frozen=True)
class TrialLine:
    """One trial.

    Args:
        number: Optuna's, from 0.
        status: where it stands.
        values: by dotted setting; empty before they were chosen.
        score: on validation, raw; of a pruned trial the last it had; NaN where there is none.
        seconds: from its start to its end, or to now; NaN before it began.
        reason: why it failed, in a line; else empty.
        steps: the intermediate values that the pruner was given, by step.
    """

    number: int
    status: TrialStatus
    values: Mapping[str, Any]
    score: float
    seconds: float
    reason: str = ""
    steps: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyState:
    """A study.

    Args:
        study: Optuna's name of it.
        row: that it tunes.
        metric: that trials are scored by.
        asked: trials in all.
        trials: in order of number.
        best: number of the best complete trial; None before there is one.
        own: number of the trial of the recipe's own values; None before there is one.
        seconds_left: estimate for what is left, over all that work on it now; NaN where unknown.
    """

    study: str
    row: str
    metric: str
    asked: int
    trials: tuple[TrialLine, ...]
    best: int | None
    own: int | None
    seconds_left: float

    @property
    def is_over(self) -> bool:
        """Whether as many trials as were asked for have ended."""
        return sum(self.count(status) for status in ("complete", "pruned", "failed")) >= self.asked

    def count(self, status: TrialStatus) -> int:
        """Trials of a status."""
        return sum(trial.status == status for trial in self.trials)
