"""What MLflow holds of a plan, and what must always be true of it when a run has ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from ablation.experiment.planning.plan import Plan
from ablation.tracking.client import connect
from ablation.tracking.names import Prefix, Role, Tag

ROLES = (Role.PARENT, Role.VARIANT, Role.REPLICATE, Role.STUDY, Role.TRIAL)


def client(root: Path) -> MlflowClient:
    return connect(f"sqlite:///{root / 'mlflow.db'}")


def runs(root: Path, name: str) -> list[Run]:
    """All runs of an experiment."""
    experiment = client(root).get_experiment_by_name(name)
    return list(client(root).search_runs([experiment.experiment_id], max_results=10_000))


def by_role(root: Path, name: str) -> Mapping[str, list[Run]]:
    """The runs of an experiment by what they are."""
    found: dict[str, list[Run]] = {role: [] for role in ROLES}
    for run in runs(root, name):
        found[run.data.tags[Tag.ROLE]].append(run)
    return found


def statuses(root: Path, name: str) -> Counter[str]:
    return Counter(run.info.status for run in runs(root, name))


def as_before_versions(root: Path, name: str) -> None:
    """Make the runs of an experiment those of an older version of the projection, which had no tag of it."""
    for run in runs(root, name):
        client(root).set_tag(run.info.run_id, Tag.PROJECTION, "")


def assert_whole(root: Path, plan: Plan) -> None:
    """The plan's tree is there once, every run is finished, and every epoch is there once."""
    found = by_role(root, plan.name)
    keys = Counter(run.data.tags[Tag.KEY] for run in runs(root, plan.name))
    assert set(keys.values()) == {1}
    assert {role: len(each) for role, each in found.items()} == {
        Role.PARENT: 1,
        Role.VARIANT: len(plan.variants),
        Role.REPLICATE: len(plan.runs),
        Role.STUDY: 0,
        Role.TRIAL: 0,
    }
    assert statuses(root, plan.name).keys() == {"FINISHED"}
    _assert_tree(found)
    for run in found[Role.REPLICATE]:
        _assert_epochs_once(client(root), run)
        assert len(run.inputs.dataset_inputs) == 3


def _assert_tree(found: Mapping[str, list[Run]]) -> None:
    (parent,) = found[Role.PARENT]
    variants = {run.info.run_id: run.info.run_name for run in found[Role.VARIANT]}
    assert all(run.data.tags[MLFLOW_PARENT_RUN_ID] == parent.info.run_id for run in found[Role.VARIANT])
    for run in found[Role.REPLICATE]:
        assert variants[run.data.tags[MLFLOW_PARENT_RUN_ID]] == run.data.tags[Tag.VARIANT]


def _assert_epochs_once(client: MlflowClient, run: Run) -> None:
    """Epochs are the steps from 1; after the last come the scores on validation of the weights that were kept."""
    steps = {
        name: sorted(metric.step for metric in client.get_metric_history(run.info.run_id, name))
        for name in run.data.metrics
    }
    last = len(steps[f"{Prefix.TRAIN}loss"]) if f"{Prefix.TRAIN}loss" in steps else len(steps[f"{Prefix.VAL}loss"])
    for name, seen in steps.items():
        epochs, after = list(range(1, last + 1)), [last + 1] if name.startswith(Prefix.VAL) else []
        by_epoch = name.startswith(("lr", "gap", "grad_norm", Prefix.TRAIN, Prefix.VAL))
        expected = [epochs, epochs + after, after] if by_epoch else [[0]]
        assert seen in expected, f"{name} of {run.info.run_name}"
