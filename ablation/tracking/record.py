"""One run in MLflow, by its explicit id; repeating a call records nothing twice."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import yaml
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_RUN_NOTE
from mlflow.utils.uri import is_local_uri

from ablation.tracking.artifacts import hard_link
from ablation.tracking.client import connect
from ablation.tracking.failure import delivered
from ablation.tracking.metrics import StepMetrics, accepted_name, as_metrics, whole_steps
from ablation.tracking.names import Tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure  # its import takes as long as MLflow's, and most runs log no figure
    from PIL.Image import Image

Status = Literal["FINISHED", "FAILED", "KILLED"]

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_LONGEST_PARAM, _LONGEST_TAG, _LONGEST_DIGEST = 6000, 8000, 36


class RunRecord:
    """A run in MLflow that is being recorded; one process at a time writes to it.

    Every method raises ``TrackingUnavailable`` where the store cannot be reached now (repeat the call later) and
    ``TrackingError`` where MLflow refuses. A ``fresh`` run was just created, so nothing has been logged yet.
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

    @classmethod
    @delivered
    def of(cls, uri: str, run_id: str) -> RunRecord:
        """A run by its store's URI and its id; its status is not changed."""
        client = connect(uri)
        return cls(client, client.get_run(run_id), fresh=False)

    @delivered
    def log_params(self, params: Mapping[str, str]) -> None:
        """Log the parameters that the run does not have yet, as one batch.

        Raises:
            ValueError: a value is longer than the 6,000 characters that MLflow keeps.
        """
        _refuse_long(params, _LONGEST_PARAM)
        logged = {} if self._fresh else self.client.get_run(self.run_id).data.params
        named = {accepted_name(name): value for name, value in params.items()}
        missing = [Param(name, value) for name, value in named.items() if name not in logged]
        if missing:
            self.client.log_batch(self.run_id, params=missing)

    @delivered
    def log(
        self,
        epochs: Iterable[StepMetrics] = (),
        summary: Mapping[str, float] = MappingProxyType({}),
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Log metrics and tags in one call per 1,000 values: a call takes as long as hundreds of values.

        Args:
            epochs: metrics by step; steps that the run has, such as those logged before a crash, are skipped. NaN is
                kept, infinities become the largest float.
            summary: final metrics (no steps); an equal value is not logged again.
            tags: set last, since they may say that the run is complete.

        Raises:
            ValueError: a tag is longer than the 8,000 characters that MLflow keeps.
        """
        _refuse_long(tags, _LONGEST_TAG)
        steps = [as_metrics(step, self._unseen(step, values)) for step, values in epochs]
        batches = list(whole_steps([*steps, self._changed(summary) if summary else []])) or [[]]
        labels = [RunTag(name, value) for name, value in tags.items()]
        for batch in batches:
            last = batch is batches[-1]
            if batch or labels:
                self.client.log_batch(self.run_id, metrics=batch, tags=labels if last else ())
            self._note(batch)

    def log_next(self, values: Mapping[str, float]) -> None:
        """Log values as the step after the last step of these metrics in the run."""
        step = 1 + max((step for name in values for step in self._logged(accepted_name(name))), default=0)
        self.log([(step, values)])

    @delivered
    def history(self, name: str) -> dict[int, float]:
        """The values of a metric by step; empty if it was never logged."""
        return {metric.step: metric.value for metric in self.client.get_metric_history(self.run_id, name)}

    def _note(self, logged: Iterable[Metric]) -> None:
        """Remember what is logged, so that a retry logs nothing twice."""
        for metric in logged:
            if metric.key in self._steps:
                self._steps[metric.key].add(metric.step)
            elif self._summary is not None:
                self._summary[metric.key] = metric.value

    def _unseen(self, step: int, values: Mapping[str, float]) -> dict[str, float]:
        return {name: value for name, value in values.items() if step not in self._logged(accepted_name(name))}

    def _logged(self, name: str) -> set[int]:
        if name not in self._steps:
            self._steps[name] = set() if self._fresh else set(self.history(name))
        return self._steps[name]

    def _changed(self, values: Mapping[str, float]) -> list[Metric]:
        if self._summary is None:
            self._summary = self.client.get_run(self.run_id).data.metrics
        logged = self._summary
        return [metric for metric in as_metrics(0, values) if not _same(logged.get(metric.key), metric.value)]

    @delivered
    def log_datasets(self, datasets: Iterable[DatasetInput]) -> None:
        """Log the datasets that the run has read."""
        self.client.log_inputs(self.run_id, datasets=list(datasets))

    @delivered
    def log_text(self, text: str, path: str) -> None:
        """Write a text artifact, such as ``table.md``."""
        self.client.log_text(self.run_id, text, path)

    @delivered
    def log_dict(self, value: Mapping[str, Any], path: str) -> None:
        """Write a mapping as YAML or JSON, by the suffix of the path."""
        if PurePosixPath(path).suffix == ".yaml":  # in C; MLflow's own dumper takes six times as long
            self.client.log_text(self.run_id, yaml.dump(dict(value), Dumper=_Dumper), path)
        else:
            self.client.log_dict(self.run_id, dict(value), path)

    @delivered
    def log_figure(self, figure: Figure, path: str) -> None:
        """Write a figure as png or svg, by the suffix of the path."""
        self.client.log_figure(self.run_id, figure, path)

    @delivered
    def log_image(self, image: Image, path: str) -> None:
        """Write an image as png, jpg or webp, by the suffix of the path."""
        self.client.log_image(self.run_id, image, path)

    @delivered
    def link_file(self, path: Path, folder: str = "") -> None:
        """Add a finished file to the run's artifacts: by a hard link in a local store, else by copy or upload.

        The file must never be written to again; replacing it by another file of the same name is safe.
        """
        uri = self.artifact_uri
        home = Path(local_file_uri_to_path(uri)) if is_local_uri(uri) else None  # type: ignore[no-untyped-call]
        if home is None or not hard_link(path, home / folder / path.name):
            self.client.log_artifact(self.run_id, str(path), folder or None)

    def describe(self, markdown: str) -> None:
        """Set the text at the top of the run's page in MLflow."""
        self.log(tags={MLFLOW_RUN_NOTE: markdown})

    def mark_stale(self) -> None:
        """Tag the run as no longer part of the experiment file, or recorded anew by another version."""
        self.log(tags={Tag.STALE: "true"})

    @delivered
    def unmark_stale(self) -> None:
        """Remove the tag that ``mark_stale`` sets."""
        with suppress(MlflowException):  # MLflow refuses to delete a tag that is not there
            self.client.delete_tag(self.run_id, Tag.STALE)

    @delivered
    def close(self, status: Status) -> None:
        """Set the run's final status."""
        self.client.set_terminated(self.run_id, status)


def dataset_input(name: str, fingerprint: str, split: str, source: str, profile: Mapping[str, object]) -> DatasetInput:
    """A dataset as an input of a run, without the data.

    Args:
        name: shown on the run's page.
        fingerprint: of the content; the first 36 characters are kept, as MLflow does.
        split: ``train``, ``val`` or ``test``.
        source: a path, a URL or a name.
        profile: small JSON values: counts of classes, sizes.
    """
    digest, origin = fingerprint[:_LONGEST_DIGEST], json.dumps({"uri": source})
    dataset = Dataset(name, digest, source_type="local", source=origin, profile=json.dumps(dict(profile)))
    return DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, split)])


def _same(logged: float | None, value: float) -> bool:
    return logged is not None and (logged == value or (math.isnan(logged) and math.isnan(value)))


def _refuse_long(values: Mapping[str, str], longest: int) -> None:
    for name, value in values.items():
        if len(value) > longest:
            raise ValueError(f"{name} has {len(value)} characters, more than MLflow's {longest}: log it as an artifact")
