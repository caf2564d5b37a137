"""The results frame, asked by variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablation.core.metrics import METRICS, Metric
from ablation.errors import UserError, nearest
from ablation.experiment.plan import Plan


@dataclass(frozen=True)
class Scores:
    """The runs of a plan.

    Args:
        runs: for each variant one row per replicate, in order; a run the results do not have is ``missing``.
    """

    runs: Mapping[str, pd.DataFrame]

    def finished(self, variant: str, score: str) -> NDArray[np.float64]:
        """Raw test scores of the runs that finished and have one, in order of replicates.

        Args:
            score: a metric's name, after a corruption's and a slash for the images so spoilt.
        """
        return self._numbers(variant, f"test/{score}")

    def cost(self, variant: str, column: str) -> float:
        """Mean of a cost over the finished runs that have it, else NaN."""
        values = self._numbers(variant, column)
        return float(values.mean()) if len(values) else float("nan")

    def failed(self, variant: str) -> int:
        return int(np.count_nonzero(self.runs[variant]["status"] == "failed"))

    def diverged(self, variant: str) -> int:
        """Finished runs whose training diverged."""
        return int(np.count_nonzero(self._numbers(variant, "diverged")))

    def why(self, variant: str) -> str:
        """The first failure's reason, in brackets, where the results tell one."""
        runs = self.runs[variant]
        told = runs[runs["status"] == "failed"].get("reason", pd.Series(dtype=object)).dropna()
        return f" ({told.iloc[0]})" if len(told) and told.iloc[0] else ""

    def _numbers(self, variant: str, column: str) -> NDArray[np.float64]:
        runs = self.runs[variant]
        if column not in runs:
            return np.empty(0)
        values: NDArray[np.float64] = runs[runs["status"] == "finished"][column].to_numpy(dtype=np.float64)
        return values[np.isfinite(values)]


def scores_of(plan: Plan, results: pd.DataFrame, metric: Metric) -> Scores:
    """The results of exactly the plan's runs.

    Raises:
        UserError: runs have finished, but none carries the metric.
        ValueError: two rows for one run.
    """
    column = f"test/{metric.name}"
    done = results[results["status"] == "finished"]
    if len(done) and (column not in results or done[column].isna().all()):
        there = [name for name in METRICS if f"test/{name}" in results and done[f"test/{name}"].notna().any()]
        raise UserError(f"no run has {metric.name!r}", place="metric", remedy=nearest(metric.name, there))
    return Scores({variant.name: _runs(plan, results, variant.name) for variant in plan.variants})


def _runs(plan: Plan, results: pd.DataFrame, variant: str) -> pd.DataFrame:
    wanted = [run.replicate for run in plan.runs_of(variant)]
    found = results[results["variant"] == variant].set_index("replicate").reindex(wanted)
    return found.assign(status=found["status"].astype(object).fillna("missing"))
