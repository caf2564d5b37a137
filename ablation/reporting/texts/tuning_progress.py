"""The live display of a study: which values are tried now, how many trials are done, and what is best so far."""

import math
import statistics
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
from ablation.reporting.texts.tuning_text import ENDED, best_trials


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
        jobs: number of trials worked on at once.
        read_trials: returns all trials as they are now, those of other processes too; called whenever a trial ends.
    """

    def __init__(
        self, plan: StudyPlan, jobs: int, console: Console, read_trials: Callable[[], Sequence[TrialLine]]
    ) -> None:
        self._plan, self._metric, self._jobs, self._read_trials = plan, metric(plan.metric), jobs, read_trials
        self._running: dict[int, _RunningTrial] = {}
        self._trials = read_trials()
        done = self._ended_numbers()
        before = f", {len(done)} of them done already" if done else ""
        super().__init__("trials", plan.trials, done, f"{plan.name}: {plan.trials} trials{before}", console)

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        self._running[number] = _RunningTrial(values, time.monotonic())

    def epoch(self, number: int, epoch: int, score: float) -> None:
        if trial := self._running.get(number):
            trial.epoch = epoch
            trial.score = trial.score if math.isnan(score) else score

    def ended(self, number: int, status: TrialStatus, score: float, reason: str) -> None:
        self._running.pop(number, None)
        self._trials = self._read_trials()
        self._done.update(self._ended_numbers())
        if status == "failed":
            end = f"failed: {reason}"
        elif status == "pruned":
            end = "pruned" if math.isnan(score) else f"pruned at {self._scored(score)}"
        else:
            end = self._scored(score)
        self._print_ended(f"trial {number}: {end}", "yellow" if status == "failed" else "")

    def _ended_numbers(self) -> list[int]:
        return [trial.number for trial in self._trials if trial.status in ENDED]

    def _scored(self, score: float) -> str:
        return f"{self._metric.label} {self._score(score)}"

    def _score(self, score: float) -> str:
        return fixed(self._metric.scale * score, 1 if self._metric.unit == "points" else 4)

    def _outlook(self) -> str:
        """The best score so far, and the time left."""
        best = [self._score(trial.score) for trial in best_trials(self._trials, self._metric)[:1]]
        so_far = f" (best so far {best[0]}, on validation: optimistic)" if best else ""
        return f"{so_far}{super()._outlook()}"

    def _seconds_left(self) -> float | None:
        """For the trials that are not done, at the median pace of those that are, or of the epochs that were trained.

        The median, because the duration of a trial whose process died includes the time until it was taken again.
        """
        left, now, epochs = self._total - len(self._done), time.monotonic(), self._plan.epochs * self._plan.replicates
        ended = [trial.seconds for trial in self._trials if trial.status in ENDED and math.isfinite(trial.seconds)]
        by_epochs = [(now - trial.started) / trial.epoch * epochs for trial in self._running.values() if trial.epoch]
        seconds = ended or by_epochs
        if left <= 0 or not seconds:
            return None
        median = statistics.median(seconds)
        spent = sum(min(now - trial.started, median) for trial in self._running.values())
        others = sum(trial.status == "running" and trial.number not in self._running for trial in self._trials)
        return (left * median - spent) / min(self._jobs + others, left)

    def _rows(self) -> Iterator[tuple[str | Text, ...]]:
        for number, trial in sorted(self._running.items()):
            epoch = f"epoch {trial.epoch}/{self._plan.epochs}" if trial.epoch else "begins"
            score = "" if math.isnan(trial.score) else self._scored(trial.score)
            values = ", ".join(f"{path} {rounded(value)}" for path, value in trial.values.items())
            yield f"trial {number}", epoch, score, Text(values, style="dim")
