"""What a process knows of a trial that it works on: how far its replicates are, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ablation.experiment.search.study_plan import Tryout
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import epochs_of
from ablation.metrics.registry import metric as metric_of
from ablation.tuning.trial_queue import TakenTrial


def name_in_epochs(metric: str) -> str:
    """The name of a metric on validation in an epoch's record."""
    return f"val/{metric_of(metric).name_in_epochs}"


@dataclass(frozen=True)
class TrialEnd:
    """How a trial ended.

    Args:
        status: ``complete`` with its score, ``pruned`` with the last it had, ``failed`` with a reason.
        score: on validation, raw; NaN of one that failed.
        reason: in a line; empty unless it failed.
    """

    status: Literal["complete", "pruned", "failed"]
    score: float
    reason: str = ""


@dataclass
class ActiveTrial:
    """A trial under way.

    Args:
        taken: the trial.
        tryout: of the replicate that it is at; None before the first and after the last.
        epochs: of the first replicate's training, that were looked at.
        scores: of the replicates that are done, raw.
        reported: scores that the pruner was told.
        verdict: how it ended, once it has.
    """

    taken: TakenTrial
    tryout: Tryout | None = None
    epochs: int = 0
    scores: list[float] = field(default_factory=list)
    reported: int = 0
    verdict: TrialEnd | None = None


def scores_of_epochs(tryout: Tryout, metric: str, store: ContentStore) -> dict[int, float]:
    """The metric on validation after each epoch that is done of a tryout's own training, over all its parts.

    By the number of the epoch, from 1; NaN where it was not measured.
    """
    parts = [tryout.train]
    while before := tryout.stages[parts[-1]].needs.get("state"):
        parts.append(before)
    name = name_in_epochs(metric)
    found = (epochs_of(part, store) for part in reversed(parts))
    return {number: record.get(name, math.nan) for epochs in found for number, record in epochs.items()}


def failure_of(tryout: Tryout, failures: Mapping[str, str]) -> str:
    """Why a tryout cannot be done, in a line; empty where nothing failed."""
    reasons = [failures[address] for address in tryout.stages if address in failures]
    return reasons[0].strip().splitlines()[-1] if reasons else ""
