"""Details: what a long report shows beside the table, row by row of the ladder, read from the content store alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablation.analysis.diagnosis.diagnose import Finding
from ablation.analysis.diagnosis.findings import findings_of
from ablation.analysis.diagnosis.history import EpochHistory
from ablation.experiment.planning.plan import Difference, Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import status_of
from ablation.metrics.per_class import class_accuracy
from ablation.metrics.predictions import Predictions


@dataclass(frozen=True, eq=False)
class ByClass:
    """What the finished replicates of a row said of the test images.

    Args:
        classes: names of the C classes, in order; numbers where a rung merged or dropped classes.
        confusion: (C, C), images by true class (rows) and by the class they were taken for, over all replicates.
        class_accuracy: (k, C), for each replicate the share of each class's images that were found, 0..1; NaN for a
            class without test images.
    """

    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    class_accuracy: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """(C,), over the replicates; NaN for a class without test images in one of them."""
        means: NDArray[np.float64] = self.class_accuracy.mean(axis=0)
        return means

    @property
    def sd(self) -> NDArray[np.float64]:
        """(C,), ddof 1, over the replicates; NaN for a single one."""
        if len(self.class_accuracy) < 2:
            return np.full(self.class_accuracy.shape[1], np.nan)
        spread: NDArray[np.float64] = self.class_accuracy.std(axis=0, ddof=1)
        return spread


@dataclass(frozen=True)
class RowDetails:
    """A row of the ladder.

    Args:
        variant: its name.
        differences: what its rung changes against the row before it; nothing for the baseline or a control.
        replicates: how many were asked for.
        finished: how many were finished.
        failures: why others failed, each reason once.
        by_class: over the finished replicates; None where there is none.
        history: of the first replicate that was trained; empty where there is none.
        trained: that replicate's number; None where there is none.
        findings: what that training suffers from.
    """

    variant: str
    differences: tuple[Difference, ...]
    replicates: int
    finished: int
    failures: tuple[str, ...]
    by_class: ByClass | None
    history: EpochHistory
    trained: int | None
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        return self.finished == self.replicates


@dataclass(frozen=True)
class Details:
    """The rows of the ladder in declared order, the baseline first."""

    rows: tuple[RowDetails, ...]

    @property
    def first(self) -> RowDetails:
        """The baseline."""
        return self.rows[0]

    @property
    def last(self) -> RowDetails:
        """The full recipe."""
        return self.rows[-1]


def ladder_details(plan: Plan, store: ContentStore) -> Details:
    """What the store has of the rows of a plan's ladder; no other run is read, and one run's predictions at a time."""
    changed = ((), *(rung.differences for rung in plan.rungs))
    return Details(
        tuple(_row(name, differences, plan, store) for name, differences in zip(plan.ladder_rows, changed, strict=True))
    )


def _row(variant: str, differences: tuple[Difference, ...], plan: Plan, store: ContentStore) -> RowDetails:
    runs = plan.runs_of(variant)
    states = [status_of(run, store) for run in runs]
    finished = [run for run, (status, _) in zip(runs, states, strict=True) if status == "finished"]
    trained = next((run for run in runs if store.has(run.train)), None)
    return RowDetails(
        variant=variant,
        differences=differences,
        replicates=len(runs),
        finished=len(finished),
        failures=tuple(dict.fromkeys(reason for status, reason in states if status == "failed")),
        by_class=_by_class((store.predictions(run.test) for run in finished), plan.dataset["classes"]),
        history=store.outcome(trained.train)["history"] if trained else (),
        trained=trained.replicate if trained else None,
        findings=findings_of(trained, plan, store) if trained else (),
    )


def _by_class(predictions: Iterable[Predictions], classes: Sequence[str]) -> ByClass | None:
    names: tuple[str, ...] = ()
    confusion = np.zeros((0, 0), dtype=np.int64)
    found: list[NDArray[np.float64]] = []
    for each in predictions:
        number = each.probabilities.shape[1]
        if not found:
            names = tuple(classes) if number == len(classes) else tuple(map(str, range(number)))
            confusion = np.zeros((number, number), dtype=np.int64)
        confusion += confusion_counts(each, number)
        found.append(class_accuracy(each.decisions, each.labels, number))
    return ByClass(names, confusion, np.stack(found)) if found else None


def confusion_counts(predictions: Predictions, classes: int) -> NDArray[np.int64]:
    """Images by true class (rows) and by the class they were taken for, (classes, classes)."""
    counts = np.bincount(predictions.labels * classes + predictions.decisions, minlength=classes**2)
    return counts.reshape(classes, classes)
