"""The state of a study as plain data, for ``tune --status`` and the live display."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TrialStatus = Literal["waiting", "running", "complete", "pruned", "failed"]


@dataclass(frozen=True)
class TrialLine:
    """One trial.

    Args:
        number: from 0, as in Optuna.
        values: by dotted setting; empty before they are chosen.
        score: on validation, unscaled; of a running or pruned trial the last one reported; NaN if there is none.
        seconds: from its start to its end, or to now; NaN before it starts.
        reason: why it failed, in one line; otherwise empty.
        steps: the intermediate values, by step.
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
    """The state of a study.

    Args:
        study, row, metric: as ``name``, ``row`` and ``metric`` of a ``StudyOutline``.
        asked: number of trials of the plan.
        trials: in order of number.
        best: number of the best complete trial; None if no trial is complete.
        own: number of the trial with the recipe's own values; None if there is none yet.
        seconds_left: estimate of the remaining time, with all processes that work on it now; NaN if unknown.
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
        """Whether all trials of the plan have ended."""
        return sum(self.count(status) for status in ("complete", "pruned", "failed")) >= self.asked

    def count(self, status: TrialStatus) -> int:
        """Number of trials with a status."""
        return sum(trial.status == status for trial in self.trials)
