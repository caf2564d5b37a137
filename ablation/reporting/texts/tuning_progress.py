"""The live display of a study: which values are tried now, how many trials are done, and what is best so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import TrialLine, TrialStatus
from ablation.metrics.registry import metric
from ablation.reporting.tables.cells import fixed
from ablation.reporting.tables.settings import rounded
from ablation.reporting.texts.progress import spoken
from ablation.reporting.texts.tuning_text import ENDED


@dataclass
class _Trying:
    """A trial that is worked on now."""

    values: Mapping[str, Any]
    started: float
    epoch: int = 0
    score: float = math.nan


class TuningDisplay:
    """An observer of one study that shows progress: a live table on a terminal, plain lines elsewhere.

    Use as a context manager around the study.

    Args:
        plan: of the study.
        finished: its trials that ended before.
        jobs: trials that are worked on at once.
        console: to write to.
        now: all trials as they stand, those of other processes among them; looked at whenever a trial ends.
    """

    def __init__(
        self,
        plan: StudyPlan,
        finished: Sequence[TrialLine],
        jobs: int,
        console: Console,
        now: Callable[[], Sequence[TrialLine]] = tuple,
    ) -> None:
        ended = [trial for trial in finished if trial.status in ENDED]
        self._plan, self._metric, self._console, self._jobs = plan, metric(plan.metric), console, jobs
        self._done = {trial.number for trial in ended}
        self._took = [trial.seconds for trial in ended if not math.isnan(trial.seconds)]
        self._best = math.nan
        for trial in ended:
            self._take(trial.status, trial.score)
        self._running: dict[int, _Trying] = {}
        self._now, self._elsewhere = now, 0
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> TuningDisplay:
        before = f", {len(self._done)} of them done already" if self._done else ""
        if len(self._done) < self._plan.trials:
            self._console.print(f"{self._plan.name}: {self._plan.trials} trials{before}", markup=False, highlight=False)
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        self._running[number] = _Trying(values, time.monotonic())

    def epoch(self, number: int, epoch: int, score: float) -> None:
        """A trial has trained an epoch.

        Args:
            epoch: counted from 1.
            score: on validation, raw; NaN where none is known.
        """
        if trying := self._running.get(number):
            trying.epoch = epoch
            trying.score = trying.score if math.isnan(score) else score

    def ended(self, number: int, status: TrialStatus, score: float, reason: str = "") -> None:
        """A trial is over; one that goes back to waiting only leaves the display.

        Args:
            score: on validation, raw; of a pruned trial the last it had; NaN where there is none.
            reason: why it failed.
        """
        trying = self._running.pop(number, None)
        if status not in ENDED:
            return
        if trying:
            self._took.append(time.monotonic() - trying.started)
        self._done.add(number)
        self._take(status, score)
        self._look_around()
        what = {"complete": self._scored(score), "pruned": self._pruned(score), "failed": _failed(reason)}[status]
        text = f"[{len(self._done)}/{self._plan.trials}] trial {number}: {what}{self._best_told()}{self._time_left()}"
        style = "yellow" if status == "failed" else ""
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _look_around(self) -> None:
        """Count what other processes have done meanwhile, and what they work on."""
        trials = self._now()
        for trial in trials:
            if trial.status in ENDED and trial.number not in self._done:
                self._done.add(trial.number)
                self._take(trial.status, trial.score)
        self._elsewhere = sum(trial.status == "running" and trial.number not in self._running for trial in trials)

    def _take(self, status: TrialStatus, score: float) -> None:
        """Keep the score if it is the best of a complete trial."""
        if status == "complete" and not math.isnan(score):
            better = max if self._metric.higher_is_better else min
            self._best = score if math.isnan(self._best) else better(self._best, score)

    def _score(self, score: float) -> str:
        return fixed(self._metric.scale * score, 1 if self._metric.unit == "points" else 4)

    def _scored(self, score: float) -> str:
        return f"{self._metric.label} {self._score(score)}"

    def _pruned(self, score: float) -> str:
        return "pruned" if math.isnan(score) else f"pruned at {self._scored(score)}"

    def _best_told(self) -> str:
        known = not math.isnan(self._best)
        return f" (best so far {self._score(self._best)}, on validation: optimistic)" if known else ""

    def _time_left(self) -> str:
        seconds = self._seconds_left()
        return "" if math.isnan(seconds) else f", about {spoken(seconds)} left"

    def _seconds_left(self) -> float:
        """For the trials that are not done, at the pace of those that are, or of the epochs that were trained."""
        left, now = self._plan.trials - len(self._done), time.monotonic()
        if left <= 0:
            return math.nan
        whole = self._plan.epochs * self._plan.replicates
        paced = [(now - each.started) / each.epoch * whole for each in self._running.values() if each.epoch]
        known = self._took or paced
        if not known:
            return math.nan
        trial = sum(known) / len(known)
        spent = sum(min(now - each.started, trial) for each in self._running.values())
        return (left * trial - spent) / min(self._jobs + self._elsewhere, left)

    def _render(self) -> Group:
        bar = Progress(
            TextColumn("trials"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{self._best_told()}{self._time_left()}".strip(" ,"), markup=False),
        )
        bar.add_task("", total=self._plan.trials, completed=len(self._done))
        table = Table.grid(padding=(0, 2))
        for number, trying in sorted(self._running.items()):
            table.add_row(f"trial {number}", *self._told(trying), _values(trying.values))
        return Group(bar, table)

    def _told(self, trying: _Trying) -> tuple[str, str]:
        """How far a trial is, and its last score."""
        epoch = f"epoch {trying.epoch}/{self._plan.epochs}" if trying.epoch else "begins"
        return epoch, "" if math.isnan(trying.score) else self._scored(trying.score)


def _values(values: Mapping[str, Any]) -> Text:
    return Text(", ".join(f"{path} {rounded(value)}" for path, value in values.items()), style="dim")


def _failed(reason: str) -> str:
    lines = reason.strip().splitlines()
    return f"failed: {lines[-1]}" if lines else "failed"
