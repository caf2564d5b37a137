"""The runs of one experiment in MLflow, each identified by a key of this project and a version."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Run
from mlflow.exceptions import MlflowException
from mlflow.store.entities import PagedList
from mlflow.utils import get_results_from_paginated_fn
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_SOURCE_NAME, MLFLOW_SOURCE_TYPE, MLFLOW_USER

from ablation.errors import UserError
from ablation.tracking.client import connect
from ablation.tracking.failure import delivered
from ablation.tracking.names import VERSION, Tag
from ablation.tracking.record import RunRecord
from ablation.tracking.store import TrackingStore

PAGE = 1000
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Recorded:
    """A run as MLflow holds it; the status is RUNNING, FINISHED, FAILED or KILLED, of a metric it is the last value."""

    run_id: str
    key: str
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]


class Ledger:
    """One experiment's runs of one version; created by ``Ledger.open``."""

    def __init__(self, client: MlflowClient, experiment_id: str, uri: str, version: int) -> None:
        self._client, self.uri, self._version = client, uri, str(version)
        self.experiment_id = experiment_id

    @classmethod
    @delivered
    def open(cls, store: TrackingStore, name: str, version: int = VERSION) -> Ledger:
        """The experiment of that name, created if it does not exist.

        Args:
            version: of the runs that are found and entered; runs of other versions are not changed.

        Raises:
            UserError: an experiment of that name was deleted in MLflow.
            TrackingUnavailable: the store cannot be reached.
            TrackingError: MLflow refuses the call.
        """
        client = connect(store.uri)
        if client.get_experiment_by_name(name) is None:
            _create_experiment(client, store, name)
        experiment = client.get_experiment_by_name(name)
        assert experiment is not None, "created above"
        if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
            raise UserError(
                "the experiment was deleted in MLflow",
                place=name,
                remedy=f"restore it (mlflow experiments restore -x {experiment.experiment_id}) or give another name",
            )
        return cls(client, experiment.experiment_id, store.uri, version)

    @delivered
    def find(self, parent: str | None = None) -> dict[str, Recorded]:
        """The experiment's runs by key, or those of one parent (a run id), without deleted runs."""
        condition = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}'" if parent else f"tags.`{Tag.KEY}` LIKE '%'"
        runs = [_recorded(run) for run in self._search(condition) if Tag.KEY in run.data.tags and self._is_ours(run)]
        return {run.key: run for run in reversed(runs)}  # of two with one key the first counts

    @delivered
    def record(self, run_id: str) -> RunRecord:
        """A run by its id; its status is not changed."""
        return RunRecord(self._client, self._client.get_run(run_id), fresh=False)

    def retire_others(self, *prefixes: str) -> list[Recorded]:
        """Tag the runs of other versions whose keys begin with a prefix as stale, and close those left running.

        Returns these runs as they were before. A prefix has no quotation marks, ``%`` or ``_``.
        """
        others = [run for prefix in prefixes for run in self._others(prefix)]
        for run in others:
            if Tag.STALE not in run.tags or run.status == "RUNNING":
                record = self.record(run.run_id)
                record.mark_stale()
                if run.status == "RUNNING":
                    record.close("KILLED")
        return others

    def enter(
        self,
        key: str,
        name: str,
        *,
        parent: str | None = None,
        tags: Mapping[str, str] = _NOTHING,
        params: Mapping[str, str] = _NOTHING,
        new: bool = False,
    ) -> RunRecord:
        """Create the run of this key, or re-enter the existing one: same id, status RUNNING again.

        Two processes that enter one key at once would create two runs: hold a lock around this call.

        Args:
            key: without quotation marks.
            name: shown in MLflow's list.
            parent: run id of the parent.
            tags: set on creation and, where they differ, on re-entry.
            params: logged where missing.
            new: ``find`` under that lock returned no run of this key, so no search is needed.
        """
        if re.search(r"['\"`\\]", key):
            raise ValueError(f"a key has no quotation marks: {key!r}")
        labels = {**tags, Tag.KEY: key, Tag.PROJECTION: self._version}
        if parent:
            labels[MLFLOW_PARENT_RUN_ID] = parent
        record = self._entered(key, name, labels, new)
        record.log_params(params)  # a call of its own, so that its retry creates no second run
        return record

    @delivered
    def _entered(self, key: str, name: str, tags: Mapping[str, str], new: bool) -> RunRecord:
        runs = [] if new else self._search(f"tags.`{Tag.KEY}` = '{key}'")
        run = next(filter(self._is_ours, runs), None)
        if run is None:
            origin = {MLFLOW_USER: getpass.getuser(), MLFLOW_SOURCE_NAME: "ablation", MLFLOW_SOURCE_TYPE: "LOCAL"}
            run = self._client.create_run(self.experiment_id, run_name=name, tags={**origin, **tags})
            return RunRecord(self._client, run, fresh=True)
        record = RunRecord(self._client, run, fresh=False)
        record.log(tags={tag: value for tag, value in tags.items() if run.data.tags.get(tag) != value})
        self._client.update_run(run.info.run_id, status="RUNNING", name=name)
        return record

    @delivered
    def _others(self, prefix: str) -> list[Recorded]:
        runs = self._search(f"tags.`{Tag.KEY}` LIKE '{prefix}%'")
        return [_recorded(run) for run in runs if not self._is_ours(run)]

    def _is_ours(self, run: Run) -> bool:
        return bool(run.data.tags.get(Tag.PROJECTION) == self._version)

    def _search(self, condition: str) -> list[Run]:
        """All runs under a condition, the oldest first."""

        def page(size: int, token: str | None) -> PagedList[Run]:
            ids, order = [self.experiment_id], ["start_time ASC"]
            return self._client.search_runs(ids, condition, max_results=size, order_by=order, page_token=token)

        runs: list[Run] = get_results_from_paginated_fn(page, PAGE)  # type: ignore[no-untyped-call]
        return runs


def _create_experiment(client: MlflowClient, store: TrackingStore, name: str) -> None:
    location = (store.artifacts / re.sub(r"[^\w.-]+", "_", name)).as_uri() if store.artifacts else None
    try:
        client.create_experiment(name, artifact_location=location)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # else another process was first
            raise


def _recorded(run: Run) -> Recorded:
    data = run.data
    return Recorded(run.info.run_id, data.tags[Tag.KEY], run.info.status, data.tags, data.params, data.metrics)
