"""What the store says: frames and tables, read without torch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore, Snapshot
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.workflow.options import Options
from ablation.workflow.printed import Printed

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from ablation.analysis.calibration.calibration import IntervalCalibration
    from ablation.analysis.verdict.details import Details
    from ablation.reporting.notebook import NotebookTable, PrintedAgreement


@dataclass(frozen=True)
class Status(Printed):
    """How far the latest run of an experiment has come; prints as ``ablation status`` does.

    ``results`` has one row a run; its column ``status`` is finished, failed or missing.
    """

    plan: Plan
    results: pd.DataFrame

    def __rich__(self) -> RenderableType:
        from ablation.reporting.texts.status_text import status_text

        return status_text(self.results, self.plan)


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
        """The table of measured gains by a metric, as ``ablation.report`` returns it."""
        return table_of(self.plan, self.store, metric)

    def results(self) -> pd.DataFrame:
        """One row a run, as ``ablation.results`` returns them."""
        return results_of(self.plan, self.store)

    def calibration(self, draws: int = 5000) -> IntervalCalibration:
        """What the runs of ``ablation.calibrate`` say of the table's intervals, for arms of 5, 10 and 20 replicates.

        Args:
            draws: comparisons drawn for each share, >= 100.

        Raises:
            UserError: runs are missing.
        """
        from ablation.analysis.calibration.calibration import calibration
        from ablation.analysis.comparison.evidence import Evidence

        arms = (5, 10, 20)  # while developing, for a claim, for a careful one
        evidence = Evidence(self.plan, self.results(), lambda run: self.store.predictions(run.test))
        return calibration(evidence, evidence.metric(self.plan.metric), draws, arms, self.plan.seed)


def status(experiment: ExperimentLike, options: Options | None = None) -> Status:
    """How far the latest run of an experiment has come: runs by variant and state, and the reasons of failures.

    Raises:
        UserError: the experiment, as it is now, was never run on this store.

    Example:
        >>> print(ablation.status("experiments/digits.yaml"))
    """
    store = (options or Options()).store
    planned = load_stored_plan(experiment, store)
    return Status(planned, results_of(planned, store))


def results(experiment: ExperimentLike, options: Options | None = None) -> pd.DataFrame:
    """The runs of the latest run of an experiment, one row each; see ``ablation.experiment.store.results.collect``.

    Raises:
        UserError: as ``status``.

    Example:
        >>> ablation.results("experiments/digits.yaml").groupby("variant")["test/accuracy"].mean()
    """
    store = (options or Options()).store
    return results_of(load_stored_plan(experiment, store), store)


def report(
    experiment: ExperimentLike, metric: str | None = None, options: Options | None = None, purpose: str = "ladder"
) -> NotebookTable:
    """The table of the latest run of an experiment, from the store alone; prints as text, shows itself in a notebook.

    Args:
        metric: instead of the declared one; trains nothing.
        purpose: ``ladder``, or ``confirm`` for the one comparison on fresh replicates.

    Raises:
        UserError: as ``status``; or there is no such metric.

    Example:
        >>> print(ablation.report("experiments/digits.yaml", metric="macro_f1"))
    """
    store = (options or Options()).store
    return table_of(load_stored_plan(experiment, store, purpose), store, metric)


def export(
    experiment: ExperimentLike,
    folder: str | os.PathLike[str],
    metric: str | None = None,
    options: Options | None = None,
    purpose: str = "ladder",
) -> tuple[Path, ...]:
    """Write the table in every format, one HTML page of everything, and the figures (PNG and SVG) to a folder.

    Args:
        folder: made if need be; files of the same names are replaced.
        metric, purpose: as in ``report``.

    Returns:
        The paths of what was written.

    Raises:
        UserError: as ``report``; or the folder or a file cannot be written.

    Example:
        >>> ablation.export("experiments/digits.yaml", "paper/")
    """
    from ablation.reporting.export import write_export

    store = (options or Options()).store
    planned = load_stored_plan(experiment, store, purpose)
    return write_export(table_of(planned, store, metric), details_of(planned, store), Path(folder))


def compare(
    experiments: Sequence[ExperimentLike], metric: str | None = None, options: Options | None = None
) -> PrintedAgreement:
    """The same rungs on several experiments, side by side, and whether they agree; prints as ``ablation compare`` does.

    Args:
        experiments: two or more.
        metric: instead of the one that each declares; trains nothing.

    Raises:
        UserError: fewer than two, or one of them was never run on this store.

    Example:
        >>> print(ablation.compare(["faces.yaml", "digits.yaml"]))
    """
    from ablation.analysis.table.agreement import agreement_of
    from ablation.reporting.notebook import PrintedAgreement

    if isinstance(experiments, str | os.PathLike) or len(experiments) < 2:
        problem = "one experiment has nothing to be compared with"
        raise UserError(problem, place="FILE...", remedy="name two or more")
    store = (options or Options()).store
    plans = [load_stored_plan(experiment, store) for experiment in experiments]
    tables = [table_of(planned, store, metric) for planned in plans]
    return PrintedAgreement(**vars(agreement_of(tables, [planned.rungs for planned in plans])))


def details(experiment: ExperimentLike, options: Options, purpose: str = "ladder") -> Details:
    """What a full report shows beside the table: confusion, curves, differences of each row."""
    return details_of(load_stored_plan(experiment, options.store, purpose), options.store)


def results_of(planned: Plan, store: ContentStore) -> pd.DataFrame:
    """The runs of a plan in the store, one row each."""
    from ablation.experiment.store.results import collect

    return collect(planned, store)


def table_of(planned: Plan, store: ContentStore, metric: str | None = None) -> NotebookTable:
    """The table of a plan's runs in the store."""
    from ablation.analysis.table.analyse import analyse
    from ablation.reporting.notebook import NotebookTable

    return NotebookTable(**vars(analyse(planned, Snapshot(store.root), metric)))


def details_of(planned: Plan, store: ContentStore) -> Details:
    """What a full report shows beside the table of a plan's runs."""
    from ablation.analysis.verdict.details import ladder_details

    return ladder_details(planned, store)
