"""The state of a trial that this process works on: its progress through the replicates, and how it ended."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ablation.experiment.search.study_plan import Tryout
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import logged_epochs
from ablation.metrics.registry import metric as metric_of
from ablation.tuning.trial_queue import TakenTrial, TrialEnd


def name_in_epochs(metric: str) -> str:
    """The name of a validation metric in an epoch's record."""
    return f"val/{metric_of(metric).name_in_epochs}"


@dataclass
class ActiveTrial:
    """A trial that this process works on.

    Args:
        tryout: of the current replicate; None before the first and after the last.
        epochs: number of epochs of the first replicate that were handled.
        scores: of the finished replicates, unscaled.
        reported: number of scores that were reported to the pruner.
        end: how it ended; None before.
    """

    taken: TakenTrial
    tryout: Tryout | None = None
    epochs: int = 0
    scores: list[float] = field(default_factory=list)
    reported: int = 0
    end: TrialEnd | None = None


def scores_of_epochs(tryout: Tryout, metric: str, store: ContentStore) -> dict[int, float]:
    """The validation metric by finished epoch, from 1, of all parts of a tryout's training; NaN where not measured."""
    parts = [tryout.train]
    while before := tryout.stages[parts[-1]].needs.get("state"):
        parts.append(before)
    name = name_in_epochs(metric)
    logs = (logged_epochs(part, store) for part in reversed(parts))
    return {number: record.get(name, math.nan) for epochs in logs for number, record in epochs.items()}


def failure_of(tryout: Tryout, failures: Mapping[str, str]) -> str:
    """Why a tryout failed, in one line; empty if none of its stages failed."""
    reasons = [failures[address] for address in tryout.stages if address in failures]
    return reasons[0].strip().splitlines()[-1] if reasons else ""
