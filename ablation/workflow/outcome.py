"""How a run ended, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.workflow.reporting import calibration_of, results_of, table_of

if TYPE_CHECKING:
    import pandas as pd

    from ablation.analysis.calibration.calibration import IntervalCalibration
    from ablation.reporting.notebook import NotebookTable


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        plan: every run and stage that was asked for.
        failures: reasons of the stages that failed, by address.
        store: where the results are.
    """

    plan: Plan
    failures: Mapping[str, str]
    store: ContentStore

    def table(self, metric: str | None = None) -> NotebookTable:
        """The table of measured gains; prints as text.

        Args:
            metric: instead of the declared one.

        Raises:
            UserError: there is no such metric.
        """
        return table_of(self.plan, self.store, metric)

    def results(self) -> pd.DataFrame:
        """One row a run, as ``ablation.results`` returns them."""
        return results_of(self.plan, self.store)

    def calibration(self, draws: int = 5000) -> IntervalCalibration:
        """What the runs of ``ablation.calibrate`` say of the table's intervals.

        Args:
            draws: comparisons drawn for each share, >= 100.

        Raises:
            UserError: runs are missing.
        """
        return calibration_of(self.plan, self.store, draws)
