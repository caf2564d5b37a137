"""The live display of a run: what each worker does, how much is done, how long the rest will take."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rich.console import Console
from rich.text import Text

from ablation.analysis.diagnosis.diagnose import diagnose
from ablation.analysis.diagnosis.history import by_name
from ablation.experiment.planning.estimate import kind_of, rates_of
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.reporting.texts.finding_text import advice_text, finding_text
from ablation.reporting.texts.live_display import LiveDisplay
from ablation.stage import Stage


@dataclass
class _RunningStage:
    """A stage that a worker computes now; ``started`` is the time of its last epoch's end, or of its start."""

    started: float
    epoch: int = 0
    metrics: str = ""
    history: list[Mapping[str, float]] = field(default_factory=list)
    warning: str = ""


@dataclass
class RemainingTime:
    """An estimate of the time that trainings need in one slot, by ``rates``: seconds per image of each kind."""

    plan: Plan
    rates: dict[str, float] = field(default_factory=dict)

    def learn(self, address: str, epochs: int, seconds: float) -> None:
        """Take in that some epochs of a training took ``seconds``."""
        stage = self.plan.stages[address]
        images = stage.work * epochs / _epochs_of(stage)
        self.rates[self._kinds[address]] = seconds / images

    def seconds(self, shares: Mapping[str, float]) -> float | None:
        """Seconds for shares of trainings, 0..1 by address; kinds without a rate get the mean, None if none has one."""
        if not self.rates:
            return None
        mean = sum(self.rates.values()) / len(self.rates)
        return sum(
            self.plan.stages[address].work * share * self.rates.get(self._kinds[address], mean)
            for address, share in shares.items()
        )

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        """The kind of each training; computed once, as a display needs all that are left four times a second."""
        return {stage.address: kind_of(stage) for stage in self.plan.stages.values() if stage.kind == "train"}


class Display(LiveDisplay):
    """Shows the progress of a run; an observer of its executor.

    Args:
        addresses: the stages of the run.
        jobs: number of stages computed at once.
    """

    def __init__(self, plan: Plan, store: ContentStore, addresses: set[str], jobs: int, console: Console) -> None:
        trainings = [stage for stage in plan.stages.values() if stage.kind == "train" and stage.address in addresses]
        finished = [stage for stage in trainings if store.has(stage.address)]
        done = {stage.address for stage in finished}
        opening = f"{len(trainings)} trainings, {len(done)} of them in the store already"
        super().__init__("trainings", len(trainings), done, opening, console)
        self._plan, self._jobs, self._labels = plan, jobs, _labels(plan)
        self._left = {stage.address: 1.0 for stage in trainings if stage.address not in done}
        self._time = RemainingTime(plan, rates_of(finished, store))
        self._running: dict[str, _RunningStage] = {}

    def began(self, address: str) -> None:
        self._running[address] = _RunningStage(time.monotonic())

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        running, stage, now = self._running[address], self._plan.stages[address], time.monotonic()
        epoch = number - stage.task["first"]
        since = epoch - running.epoch if running.epoch else 1  # epochs from before a resume took no time now
        self._time.learn(address, since, max(now - running.started, 1e-3))
        running.started, running.epoch, running.metrics = now, epoch, _metrics_text(metrics)
        running.history.append(metrics)
        findings = diagnose(running.history, stage.task["recipe"])
        running.warning = f"{finding_text(findings[0])}{advice_text(findings[0])}" if findings else ""
        self._left[address] = 1 - epoch / _epochs_of(stage)

    def done(self, address: str) -> None:
        running = self._running.pop(address, None)
        if self._left.pop(address, None) is None:
            return
        self._done.add(address)
        metrics = f", {running.metrics}" if running and running.metrics else ""
        self._print_ended(f"trained{'' if running else ' by another process'}: {self._labels[address]}{metrics}")
        if running and running.warning:
            self._print(f"  {running.warning}", "yellow")

    def failed(self, address: str, reason: str) -> None:
        running = self._running.pop(address, None)
        self._left.pop(address, None)
        if self._plan.stages[address].kind == "train" or running:
            self._print(f"failed: {self._labels[address]}: {reason.strip().splitlines()[-1]}")

    def _seconds_left(self) -> float | None:
        seconds = self._time.seconds(self._left)
        return seconds / self._jobs if seconds else None

    def _rows(self) -> Iterator[tuple[str | Text, ...]]:
        for address, running in self._running.items():
            stage = self._plan.stages[address]
            state = f"epoch {running.epoch}/{_epochs_of(stage)}" if stage.kind == "train" else stage.kind
            yield self._labels[address], state, running.metrics, Text(running.warning, style="yellow")


def _metrics_text(metrics: Mapping[str, float]) -> str:
    """The accuracy, gap, gradient and most predicted class of an epoch, as far as they were measured."""
    parts = []
    if "val/accuracy" in metrics:
        parts.append(f"val accuracy {100 * metrics['val/accuracy']:.1f}")
    if "gap" in metrics:
        parts.append(f"gap {100 * metrics['gap']:+.1f}")
    if "grad_norm" in metrics:
        parts.append(f"gradient {metrics['grad_norm']:.2g}")
    if shares := by_name(metrics, "val/predicted_share/"):
        most = max(shares, key=lambda name: shares[name])
        parts.append(f"most predicted {most} ({shares[most]:.0%})")
    return ", ".join(parts)


def _epochs_of(stage: Stage) -> int:
    """The most epochs of a training, or of a part of one."""
    epochs: int = stage.task["recipe"]["train"]["epochs"] - stage.task["first"]
    return epochs


def _labels(plan: Plan) -> dict[str, str]:
    """A label for each stage: the first run that needs it."""
    labels: dict[str, str] = {}
    places = {number: place for place, number in enumerate(sorted({run.replicate for run in plan.runs}), start=1)}
    for run in plan.runs:
        name = f"{run.variant}, replicate {places[run.replicate]}/{plan.replicates}"
        if len(run.parts) > 1:
            for place, address in enumerate(run.parts, start=1):
                labels.setdefault(address, f"{name}, part {place}/{len(run.parts)}")
        for address in run.stages:
            labels.setdefault(address, name)
    return labels
