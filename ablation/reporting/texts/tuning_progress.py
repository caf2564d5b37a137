"""The live display of a study: which values are tried now, how many trials are done, and what is best so far."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import TrialLine, TrialStatus
from ablation.metrics.registry import metric
from ablation.reporting.tables.cells import fixed
from ablation.reporting.tables.settings import rounded
from ablation.reporting.texts.live_display import LiveDisplay
from ablation.reporting.texts.tuning_text import ENDED


@dataclass
class _RunningTrial:
    """A trial of this process; ``score`` is the last one, NaN before there is one."""

    values: Mapping[str, Any]
    started: float
    epoch: int = 0
    score: float = math.nan


class TuningDisplay(LiveDisplay):
    """Shows the progress of a study; an observer of its driver.

    Args:
        finished: the trials before this process; those that have not ended are skipped.
        jobs: number of trials worked on at once.
        current: all trials as they are now, those of other processes too; read whenever a trial ends.
    """

    def __init__(
        self,
        plan: StudyPlan,
        finished: Sequence[TrialLine],
        jobs: int,
        console: Console,
        current: Callable[[], Sequence[TrialLine]] = tuple,
    ) -> None:
        ended = [trial for trial in finished if trial.status in ENDED]
        before = f", {len(ended)} of them done already" if ended else ""
        opening = f"{plan.name}: {plan.trials} trials{before}"
        super().__init__("trials", plan.trials, (trial.number for trial in ended), opening, console)
        self._plan, self._metric, self._jobs, self._current = plan, metric(plan.metric), jobs, current
        self._seconds = [trial.seconds for trial in ended if not math.isnan(trial.seconds)]
        self._best = math.nan
        for trial in ended:
            self._keep_best(trial.status, trial.score)
        self._running: dict[int, _RunningTrial] = {}
        self._others = 0  # trials that other processes work on

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        self._running[number] = _RunningTrial(values, time.monotonic())

    def epoch(self, number: int, epoch: int, score: float) -> None:
        if trial := self._running.get(number):
            trial.epoch = epoch
            trial.score = trial.score if math.isnan(score) else score

    def ended(self, number: int, status: TrialStatus, score: float, reason: str = "") -> None:
        """Print the trial's end; one that goes back to waiting only leaves the display.

        Args:
            score: on validation, raw; of a pruned trial the last one, NaN where there is none.
            reason: why it failed.
        """
        trial = self._running.pop(number, None)
        if status not in ENDED:
            return
        if trial:
            self._seconds.append(time.monotonic() - trial.started)
        self._done.add(number)
        self._keep_best(status, score)
        self._read_others()
        self._print_ended(f"trial {number}: {self._end(status, score, reason)}", "yellow" if status == "failed" else "")

    def _end(self, status: TrialStatus, score: float, reason: str) -> str:
        if status == "complete":
            return self._scored(score)
        if status == "pruned":
            return "pruned" if math.isnan(score) else f"pruned at {self._scored(score)}"
        return f"failed: {reason.strip().splitlines()[-1]}" if reason.strip() else "failed"

    def _read_others(self) -> None:
        """Count the trials that other processes finished meanwhile, and those that they work on."""
        trials = self._current()
        for trial in trials:
            if trial.status in ENDED and trial.number not in self._done:
                self._done.add(trial.number)
                self._keep_best(trial.status, trial.score)
        self._others = sum(trial.status == "running" and trial.number not in self._running for trial in trials)

    def _keep_best(self, status: TrialStatus, score: float) -> None:
        """Keep the score if it is the best of a complete trial."""
        if status == "complete" and not math.isnan(score):
            better = max if self._metric.higher_is_better else min
            self._best = score if math.isnan(self._best) else better(self._best, score)

    def _score(self, score: float) -> str:
        return fixed(self._metric.scale * score, 1 if self._metric.unit == "points" else 4)

    def _scored(self, score: float) -> str:
        return f"{self._metric.label} {self._score(score)}"

    def _outlook(self) -> str:
        """The best score so far, and the time left."""
        best = f" (best so far {self._score(self._best)}, on validation: optimistic)"
        return f"{'' if math.isnan(self._best) else best}{super()._outlook()}"

    def _seconds_left(self) -> float | None:
        """For the trials that are not done, at the pace of those that are, or of the epochs that were trained."""
        left, now = self._total - len(self._done), time.monotonic()
        whole = self._plan.epochs * self._plan.replicates
        by_epochs = [(now - each.started) / each.epoch * whole for each in self._running.values() if each.epoch]
        seconds = self._seconds or by_epochs
        if left <= 0 or not seconds:
            return None
        mean = sum(seconds) / len(seconds)
        spent = sum(min(now - each.started, mean) for each in self._running.values())
        return (left * mean - spent) / min(self._jobs + self._others, left)

    def _rows(self) -> Iterator[tuple[str | Text, ...]]:
        for number, trial in sorted(self._running.items()):
            epoch = f"epoch {trial.epoch}/{self._plan.epochs}" if trial.epoch else "begins"
            score = "" if math.isnan(trial.score) else self._scored(trial.score)
            values = ", ".join(f"{path} {rounded(value)}" for path, value in trial.values.items())
            yield f"trial {number}", epoch, score, Text(values, style="dim")
