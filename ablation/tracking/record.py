"""One run in MLflow, by its explicit id; every call may be repeated without leaving anything twice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from ablation.tracking.artifacts import hard_link, local_folder, table_text
from ablation.tracking.datasets import Dataset
from ablation.tracking.failure import delivered
from ablation.tracking.metrics import Epoch, accepted_name, as_metrics, whole_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure  # its import takes as long as MLflow's, and most runs log no figure

Status = Literal["FINISHED", "FAILED", "KILLED"]

STALE = "ablation.stale"
"""Tag of a run that a changed experiment file has superseded."""

LONGEST_PARAM = 6000
LONGEST_TAG = 8000


class Record:
    """A run being recorded; one process at a time writes to it.

    Every method raises ``TrackingUnavailable`` where the store cannot be reached now (repeat the call later) and
    ``TrackingError`` where MLflow refuses.

    Args:
        client: bound to the store.
        run: as MLflow returns it.
        fresh: the run was created just now, so nothing needs to be asked before logging.
    """

    def __init__(self, client: MlflowClient, run: Run, *, fresh: bool) -> None:
        self.client = client
        self._fresh = fresh
        self._summary: dict[str, float] | None = {} if fresh else None
        self._steps: dict[str, set[int]] = {}
        self.run_id: str = run.info.run_id
        self.experiment_id: str = run.info.experiment_id
        self.artifact_uri: str = run.info.artifact_uri
        self.tags: Mapping[str, str] = run.data.tags  # as they were on entering

    @delivered
    def log_params(self, params: Mapping[str, str]) -> None:
        """Log the parameters that the run does not have yet, as one batch.

        Raises:
            ValueError: a value longer than MLflow's 6,000 characters, which would be cut short.
        """
        _refuse_long(params, LONGEST_PARAM, "log it as an artifact")
        known = {} if self._fresh else self.client.get_run(self.run_id).data.params
        named = {accepted_name(name): value for name, value in params.items()}
        missing = [Param(name, value) for name, value in named.items() if name not in known]
        if missing:
            self.client.log_batch(self.run_id, params=missing)

    @delivered
    def log_epochs(self, rows: Iterable[Epoch]) -> None:
        """Log the metrics of some steps, skipping what the run already has; gaps that a crash left are filled.

        One call to MLflow for every 1,000 values; NaN is kept, infinities become the largest float.
        """
        unseen = (
            (step, {name: value for name, value in values.items() if step not in self._logged(accepted_name(name))})
            for step, values in rows
        )
        for batch in whole_steps(as_metrics(step, values) for step, values in unseen):
            self.client.log_batch(self.run_id, metrics=batch)
            for metric in batch:
                self._steps[metric.key].add(metric.step)

    def _logged(self, name: str) -> set[int]:
        if name not in self._steps:
            history = [] if self._fresh else self.client.get_metric_history(self.run_id, name)
            self._steps[name] = {metric.step for metric in history}
        return self._steps[name]

    @delivered
    def log_summary(self, values: Mapping[str, float]) -> None:
        """Log final metrics (no steps); a value that is already there is not appended again."""
        if self._summary is None:
            self._summary = self.client.get_run(self.run_id).data.metrics
        known = self._summary
        metrics = [metric for metric in as_metrics(0, values) if not _same(known.get(metric.key), metric.value)]
        if metrics:
            self.client.log_batch(self.run_id, metrics=metrics)
            self._summary = known | {metric.key: metric.value for metric in metrics}

    @delivered
    def log_datasets(self, datasets: Iterable[Dataset]) -> None:
        """Name the datasets the run read."""
        self.client.log_inputs(self.run_id, datasets=[dataset.as_input() for dataset in datasets])

    @delivered
    def log_text(self, text: str, path: str) -> None:
        """Write a text artifact, such as ``table.md``."""
        self.client.log_text(self.run_id, text, path)

    @delivered
    def log_dict(self, value: Mapping[str, Any], path: str) -> None:
        """Write a mapping as YAML or JSON, as the path's ending says."""
        self.client.log_dict(self.run_id, dict(value), path)

    @delivered
    def log_table(self, frame: pd.DataFrame, path: str) -> None:
        """Write a table as csv, json or html, as the path's ending says."""
        self.client.log_text(self.run_id, table_text(frame, path), path)

    @delivered
    def log_figure(self, figure: Figure, path: str) -> None:
        """Write a figure as png or svg, as the path's ending says."""
        self.client.log_figure(self.run_id, figure, path)

    @delivered
    def link_file(self, path: Path, folder: str = "") -> None:
        """Keep a finished file with the run: by a hard link in a local store, else by copy or upload.

        The file must never be written to again; replacing it by another of the same name is safe.
        """
        home = local_folder(self.artifact_uri)
        if home is None or not hard_link(path, home / folder / path.name):
            self.client.log_artifact(self.run_id, str(path), folder or None)

    @delivered
    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags, as one batch."""
        _refuse_long(tags, LONGEST_TAG, "log it as an artifact")
        self.client.log_batch(self.run_id, tags=[RunTag(name, value) for name, value in tags.items()])

    def describe(self, markdown: str) -> None:
        """Set the text that MLflow shows at the top of the run's page."""
        self.tag({MLFLOW_RUN_NOTE: markdown})

    def mark_stale(self) -> None:
        """Say that the experiment file no longer asks for this run."""
        self.tag({STALE: "true"})

    @delivered
    def unmark_stale(self) -> None:
        """Take ``mark_stale`` back."""
        with suppress(MlflowException):  # MLflow refuses to delete a tag that is not there
            self.client.delete_tag(self.run_id, STALE)

    @delivered
    def close(self, status: Status) -> None:
        """End the run as it ended."""
        self.client.set_terminated(self.run_id, status)


def _same(known: float | None, value: float) -> bool:
    return known is not None and (known == value or (math.isnan(known) and math.isnan(value)))


def _refuse_long(values: Mapping[str, str], longest: int, remedy: str) -> None:
    for name, value in values.items():
        if len(value) > longest:
            raise ValueError(f"{name} has {len(value)} characters, more than MLflow's {longest}: {remedy}")
