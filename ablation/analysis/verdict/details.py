"""Details: what a long report shows about each row of the ladder, read from the content store alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.analysis.diagnosis.diagnose import findings_of
from ablation.analysis.diagnosis.history import EpochHistory, Finding
from ablation.experiment.planning.plan import Difference, Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import status_of
from ablation.metrics.per_class import class_accuracy
from ablation.metrics.predictions import Predictions


@dataclass(frozen=True, eq=False)
class ByClass:
    """Predicted classes of the test images, over the finished replicates of a row.

    Args:
        classes: names of the C classes, in order; numbers where a rung merged or dropped classes.
        confusion: (C, C), number of images by true class (rows) and predicted class, summed over the replicates.
        class_accuracy: (k, C), for each replicate the share of each class's images that are predicted correctly, 0..1;
            NaN for a class without test images.
    """

    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    class_accuracy: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """(C,), mean over the replicates; NaN for a class without test images in one of them."""
        means: NDArray[np.float64] = self.class_accuracy.mean(axis=0)
        return means

    @property
    def sd(self) -> NDArray[np.float64]:
        """(C,), standard deviation over the replicates, ddof 1; NaN for a single replicate."""
        if len(self.class_accuracy) < 2:
            return np.full(self.class_accuracy.shape[1], np.nan)
        spread: NDArray[np.float64] = self.class_accuracy.std(axis=0, ddof=1)
        return spread


@dataclass(frozen=True)
class RowDetails:
    """A row of the ladder.

    Args:
        differences: what its rung changes relative to the row above; empty for the baseline and for a control.
        failures: reasons of the failed replicates, each once.
        by_class: over the finished replicates; None without any.
        history: of the first trained replicate; empty without any.
        trained: number of that replicate; None without any.
        findings: what is wrong with that training.
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


Details: TypeAlias = tuple[RowDetails, ...]
"""The rows of the ladder in declared order: the baseline first, the full recipe last."""


def ladder_details(plan: Plan, store: ContentStore) -> Details:
    """Returns the details of a plan's ladder; reads its runs only, and the predictions of one run at a time."""
    changed = ((), *(rung.differences for rung in plan.rungs))
    return tuple(_row(name, each, plan, store) for name, each in zip(plan.ladder_rows, changed, strict=True))


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
    confusions: list[NDArray[np.int64]] = []
    accuracies: list[NDArray[np.float64]] = []
    for tested in predictions:
        number = tested.probabilities.shape[1]
        counts = np.bincount(tested.labels * number + tested.decisions, minlength=number**2)
        confusions.append(counts.reshape(number, number))
        accuracies.append(class_accuracy(tested.decisions, tested.labels, number))
    if not accuracies:
        return None
    names = tuple(classes) if len(confusions[0]) == len(classes) else tuple(map(str, range(len(confusions[0]))))
    return ByClass(names, np.sum(confusions, axis=0), np.stack(accuracies))
