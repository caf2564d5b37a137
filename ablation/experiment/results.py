"""Results: one tidy row for each run of a plan, read from the content store alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ablation.core import metrics
from ablation.experiment.plan import Plan, Run
from ablation.experiment.store import ContentStore

SPLITS = ("val", "test")


def collect(plan: Plan, store: ContentStore) -> pd.DataFrame:
    """The runs of a plan, in its order.

    Columns: ``variant``, ``replicate``, ``status`` (finished, failed, missing), ``reason`` of a failure, then
    ``test/<metric>`` and ``val/<metric>`` (proportions in [0, 1] or the metric's own unit), ``train_seconds``,
    ``epochs``, ``diverged``, ``parameters``, ``latency_ms_1`` and ``latency_ms_64`` (milliseconds per image). What a
    run does not have is NaN.
    """
    rows = [_row(run, store) for run in plan.runs]
    names = [f"{split}/{name}" for split in ("test", "val") for name in metrics.METRICS]
    fixed = ["variant", "replicate", "status", "reason"]
    costs = ["train_seconds", "epochs", "diverged", "parameters", "latency_ms_1", "latency_ms_64"]
    return pd.DataFrame(rows, columns=[*fixed, *names, *costs])


def status_of(run: Run, store: ContentStore) -> tuple[str, str]:
    """``finished``, ``failed`` or ``missing``, and the reason of a failure."""
    if all(map(store.has, run.results)):
        return "finished", ""
    reasons = [reason for address in run.results if (reason := store.failure(address))]
    return ("failed", reasons[0].strip().splitlines()[-1]) if reasons else ("missing", "")


def _row(run: Run, store: ContentStore) -> dict[str, Any]:
    status, reason = status_of(run, store)
    row: dict[str, Any] = {"variant": run.variant, "replicate": run.replicate, "status": status, "reason": reason}
    if status == "finished":
        trained = store.outcome(run.train)
        row |= {"train_seconds": trained["seconds"], "epochs": trained["epochs"], "diverged": trained["diverged"]}
        for split, address in (("val", run.val), ("test", run.test)):
            row |= {f"{split}/{name}": value for name, value in store.outcome(address)["metrics"].items()}
    if store.has(run.latency):
        row |= store.outcome(run.latency)
    return row
