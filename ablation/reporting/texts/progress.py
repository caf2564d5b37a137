"""The live display of a run: what each worker does, how much is done, how long it will take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from ablation.analysis.diagnosis.diagnose import diagnose
from ablation.analysis.diagnosis.history import by_name
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.estimate import kind_of, rates_of
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.reporting.texts.finding_text import finding_text
from ablation.stage import Stage


@dataclass
class _Running:
    """A stage that a worker does now."""

    started: float
    epoch: int = 0
    metric: str = ""
    history: list[Mapping[str, float]] = field(default_factory=list)
    warning: str = ""


@dataclass
class RemainingTime:
    """What is left to do, as time on one lane.

    Args:
        plan: whose trainings count.
        rates: seconds per training image by kind of training; filled as trainings go on.
    """

    plan: Plan
    rates: dict[str, float] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)

    def learn(self, address: str, epochs: int, seconds: float) -> None:
        """Take in that some epochs of a training took ``seconds``."""
        stage = self.plan.stages[address]
        images = stage.work * epochs / _most_epochs(stage)
        self.rates[self._kind(address)] = seconds / images

    def seconds(self, shares_left: Mapping[str, float]) -> float | None:
        """Lane-seconds for the given shares of trainings; kinds not seen yet count as the mean of those seen."""
        if not self.rates:
            return None
        mean = sum(self.rates.values()) / len(self.rates)
        return sum(
            self.plan.stages[address].work * share * self.rates.get(self._kind(address), mean)
            for address, share in shares_left.items()
        )

    def _kind(self, address: str) -> str:
        """The kind of a training, made out once: a display asks for all that are left four times a second."""
        if address not in self._kinds:
            self._kinds[address] = kind_of(self.plan.stages[address])
        return self._kinds[address]


class Display:
    """An observer that shows progress: a live table on a terminal, plain lines elsewhere.

    Use as a context manager around the run.
    """

    def __init__(self, plan: Plan, store: ContentStore, wanted: set[str], jobs: int, console: Console) -> None:
        self._plan, self._console, self._jobs = plan, console, jobs
        self._labels = _labels(plan)
        trainings = [stage for stage in plan.stages.values() if stage.kind == "train" and stage.address in wanted]
        finished = [stage for stage in trainings if store.has(stage.address)]
        self._left = {stage.address: 1.0 for stage in trainings if not store.has(stage.address)}
        self._clock = RemainingTime(plan, rates_of(finished, store))
        self._running: dict[str, _Running] = {}
        self._total, self._done = len(trainings), len(finished)
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> Display:
        if self._left:
            self._console.print(f"{self._total} trainings, {self._done} of them in the store already")
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def began(self, address: str) -> None:
        self._running[address] = _Running(time.monotonic())

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        running, stage = self._running[address], self._plan.stages[address]
        done = number - stage.task["first"]
        since = done - running.epoch if running.epoch else 1  # epochs from before a resume took no time now
        self._clock.learn(address, since, max(time.monotonic() - running.started, 1e-3))
        running.started, running.epoch = time.monotonic(), done
        running.metric = _measured(metrics)
        running.history.append(metrics)
        found = diagnose(running.history, stage.task["recipe"])
        advice = f"; try  patch: {yaml_flow(dict(found[0].patch))}" if found and found[0].patch else ""
        running.warning = f"{finding_text(found[0])}{advice}" if found else ""
        self._left[address] = 1 - done / _most_epochs(stage)

    def done(self, address: str) -> None:
        running = self._running.pop(address, None)
        if self._left.pop(address, None) is not None:
            self._done += 1
            self._line(address, "trained" if running else "trained by another process", running)

    def failed(self, address: str, reason: str) -> None:
        running = self._running.pop(address, None)
        self._left.pop(address, None)
        if self._plan.stages[address].kind == "train" or running:
            self._console.print(f"failed: {self._labels[address]}: {reason.strip().splitlines()[-1]}", markup=False)

    def _line(self, address: str, what: str, running: _Running | None) -> None:
        metric = f", {running.metric}" if running and running.metric else ""
        text = f"[{self._done}/{self._total}] {what}: {self._labels[address]}{metric}{self._time_left()}"
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        if running and running.warning:
            self._console.print(f"  {running.warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)

    def _time_left(self) -> str:
        seconds = self._clock.seconds(self._left)
        return f", about {spoken(seconds / self._jobs)} left" if seconds and self._left else ""

    def _render(self) -> Group:
        bar = Progress(
            TextColumn("trainings"), BarColumn(), MofNCompleteColumn(), TextColumn(self._time_left().lstrip(", "))
        )
        bar.add_task("", total=self._total, completed=self._done)
        table = Table.grid(padding=(0, 2))
        for address, running in self._running.items():
            stage = self._plan.stages[address]
            what = f"epoch {running.epoch}/{_most_epochs(stage)}" if stage.kind == "train" else stage.kind
            table.add_row(self._labels[address], what, running.metric, Text(running.warning, style="yellow"))
        return Group(bar, table)


def _measured(metrics: Mapping[str, float]) -> str:
    """What an epoch came to, in a line: accuracy, gap, gradient, and the class that is predicted most."""
    told = []
    if "val/accuracy" in metrics:
        told.append(f"val accuracy {100 * metrics['val/accuracy']:.1f}")
    if "gap" in metrics:
        told.append(f"gap {100 * metrics['gap']:+.1f}")
    if "grad_norm" in metrics:
        told.append(f"gradient {metrics['grad_norm']:.2g}")
    if shares := by_name(metrics, "val/predicted_share/"):
        most = max(shares, key=lambda name: shares[name])
        told.append(f"most predicted {most} ({shares[most]:.0%})")
    return ", ".join(told)


def _most_epochs(stage: Stage) -> int:
    """The most epochs that a part of a training, or a whole one, has."""
    epochs: int = stage.task["recipe"]["train"]["epochs"] - stage.task["first"]
    return epochs


def _labels(plan: Plan) -> dict[str, str]:
    """Each stage by the first run that needs it."""
    labels: dict[str, str] = {}
    places = {number: place for place, number in enumerate(sorted({run.replicate for run in plan.runs}), start=1)}
    for run in plan.runs:
        name = f"{run.variant}, replicate {places[run.replicate]}/{plan.replicates}"
        if len(run.parts) > 1:
            labels |= {
                each: f"{name}, part {n}/{len(run.parts)}" for n, each in enumerate(run.parts, 1) if each not in labels
            }
        for address in run.stages:
            labels.setdefault(address, name)
    return labels


def spoken(seconds: float) -> str:
    """A duration as people say it: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
