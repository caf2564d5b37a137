"""What the store says: frames and tables, read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import recall
from ablation.experiment.store.snapshot import Snapshot
from ablation.workflow.options import Options

ARMS = (5, 10, 20)
"""Replicates of an arm: while developing, for a claim, for a careful one."""

if TYPE_CHECKING:
    import pandas as pd

    from ablation.analysis.calibration.calibration import IntervalCalibration
    from ablation.analysis.table.agreement import Agreement
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


def results(file: Path, options: Options | None = None) -> pd.DataFrame:
    """The runs of the latest run of a file, one row each; see ``ablation.experiment.store.results.collect``."""
    from ablation.experiment.store.results import collect

    store = (options or Options()).store
    return collect(recall(file, store), store)


def latest(file: Path, options: Options | None = None, purpose: str = "ladder") -> Plan:
    """The plan of the latest run of a file."""
    return recall(file, (options or Options()).store, purpose)


def report(file: Path, metric: str | None = None, options: Options | None = None, purpose: str = "ladder") -> Table:
    """The table of the latest run of a file, from the store alone.

    Args:
        metric: instead of the declared one; trains nothing.
        purpose: ``ladder``, or ``confirm`` for the one comparison on fresh replicates.
    """
    store = (options or Options()).store
    return table_of(recall(file, store, purpose), store, metric)


def table_of(planned: Plan, store: ContentStore, metric: str | None = None) -> Table:
    """The table of a plan's runs in the store."""
    from ablation.analysis.table.analyse import analyse
    from ablation.reporting.notebook import NotebookTable

    seen = Snapshot(store.root)
    return NotebookTable(**vars(analyse(planned, seen, metric)))


def details(file: Path, options: Options | None = None, purpose: str = "ladder") -> Details:
    """What a full report shows beside the table: confusion, curves, differences of each row."""
    from ablation.analysis.verdict.details import ladder_details

    store = (options or Options()).store
    return ladder_details(recall(file, store, purpose), store)


def compare(files: Sequence[Path], metric: str | None = None, options: Options | None = None) -> Agreement:
    """The same rungs on several experiments, side by side."""
    from ablation.analysis.table.agreement import agreement_of

    store = (options or Options()).store
    plans = [recall(file, store) for file in files]
    tables = [table_of(each, store, metric) for each in plans]
    return agreement_of(tables, [each.rungs for each in plans])


def calibration_of(planned: Plan, store: ContentStore, draws: int) -> IntervalCalibration:
    """What the runs of a calibration say of the table's intervals, for arms of 5, 10 and 20 replicates.

    Args:
        draws: comparisons drawn for each share.

    Raises:
        UserError: runs are missing.
    """
    from ablation.analysis.calibration.calibration import calibration
    from ablation.analysis.comparison.evidence import Evidence
    from ablation.experiment.store.results import collect

    evidence = Evidence(planned, collect(planned, store), lambda run: store.predictions(run.test))
    return calibration(evidence, evidence.metric(planned.metric), draws, ARMS, planned.seed)
