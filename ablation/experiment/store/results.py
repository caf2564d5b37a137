"""Results: one tidy row for each run of a plan, read from the content store alone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.scores import own_metrics, prediction_scores
from ablation.metrics.registry import known_metrics

COSTS = ("train_seconds", "images_per_second", "peak_memory_mb")
MODEL_COSTS = ("parameters", "latency_ms_1", "latency_ms_64")


def collect(plan: Plan, store: ContentStore) -> pd.DataFrame:
    """The runs of a plan, in its order.

    Columns: ``variant``, ``replicate``, ``status`` (finished, failed, missing), ``reason`` of a failure, then
    ``test/<metric>`` and ``val/<metric>`` (proportions in [0, 1] or the metric's own unit); over all trainings that the
    run uses ``train_seconds``, ``images_per_second`` and ``peak_memory_mb`` (the largest, in megabytes of 2^20
    bytes; see ``ablation.core.training.peak_memory``); ``epochs``, ``diverged``, ``gap`` (training minus validation
    accuracy after the last epoch, both on clean images), ``epochs_to_best`` (within a point), ``parameters``,
    ``latency_ms_1`` and ``latency_ms_64`` (milliseconds per image; of an ensemble, all its models), and for each
    corruption ``test/<corruption>/<metric>``. What a run does not have is NaN.
    """
    metrics = (*known_metrics(), *(metric.name for metric in own_metrics(plan)))
    plain = [f"{split}/{name}" for split in ("test", "val") for name in metrics]
    corrupted = [f"test/{label}/{name}" for label in plan.corruptions for name in metrics]
    fixed = ["variant", "replicate", "status", "reason"]
    training = [*COSTS, "epochs", "diverged", "gap", "epochs_to_best"]
    rows = [_row(run, plan, store) for run in plan.runs]
    return pd.DataFrame(rows, columns=[*fixed, *plain, *training, *MODEL_COSTS, *corrupted])


def status_of(run: Run, store: ContentStore) -> tuple[str, str]:
    """``finished``, ``failed`` or ``missing``, and the reason of a failure."""
    if all(map(store.has, run.needed)):
        return "finished", ""
    reasons = [reason for address in run.needed if (reason := store.failure(address))]
    return ("failed", reasons[0].strip().splitlines()[-1]) if reasons else ("missing", "")


def training_costs(run: Run, plan: Plan, store: ContentStore) -> dict[str, float]:
    """``COSTS`` of all trainings that a finished run uses: seconds, speed and peak memory.

    The speed is NaN where nothing was trained; the memory is NaN where a training did not record it.
    """
    outcomes = [store.outcome(address) for address in plan.trainings_of(run)]
    seconds, images = (sum(outcome[name] for outcome in outcomes) for name in ("seconds", "images"))
    peaks = np.array([outcome.get("peak_memory_mb") for outcome in outcomes], dtype=np.float64)  # None becomes NaN
    return dict(zip(COSTS, (seconds, images / seconds if images else math.nan, float(peaks.max())), strict=True))


def measured_metrics(run: Run, plan: Plan, store: ContentStore) -> dict[str, float]:
    """Every metric of a finished run by the name of its column, the declared one among them if it is the user's own."""
    predictions = {"test/": run.test, "val/": run.val}
    predictions |= {f"test/{label}/": address for label, address in run.corrupted.items()}
    return {
        f"{split}{name}": value
        for split, address in predictions.items()
        for name, value in prediction_scores(plan, address, store).items()
    }


def _row(run: Run, plan: Plan, store: ContentStore) -> dict[str, Any]:
    status, reason = status_of(run, store)
    row: dict[str, Any] = {"variant": run.variant, "replicate": run.replicate, "status": status, "reason": reason}
    if status == "finished":
        trained = store.outcome(run.train)
        history = trained["history"]
        row |= {"epochs": len(history), "diverged": trained["diverged"], "gap": history[-1].get("gap", math.nan)}
        row |= {"epochs_to_best": epochs_to_best(history)}
        row |= training_costs(run, plan, store) | measured_metrics(run, plan, store)
    return row | model_costs(run, store)


def model_costs(run: Run, store: ContentStore) -> dict[str, float]:
    """Parameters and latency, summed over the models of an ensemble."""
    if not all(map(store.has, run.latencies)):
        return {}
    outcomes = [store.outcome(address) for address in run.latencies]
    return {name: sum(outcome[name] for outcome in outcomes) for name in outcomes[0]}


def epochs_to_best(history: Sequence[Mapping[str, float]], within: float = 0.01) -> int:
    """Epochs until validation accuracy first is within so much (a proportion) of its best; 0 without an epoch."""
    scores = [record.get("val/accuracy", math.nan) for record in history]
    best = max(filter(math.isfinite, scores), default=math.nan)
    slack = 1e-9  # a best of 0.81 and a score of 0.80 differ by a point, whatever binary fractions make of it
    return next((epoch for epoch, score in enumerate(scores, 1) if score >= best - within - slack), 0)
