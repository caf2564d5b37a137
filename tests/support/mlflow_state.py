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
from ablation.tracking.ledger import KEY


def client(root: Path) -> MlflowClient:
    return connect(f"sqlite:///{root / 'mlflow.db'}")


def runs(root: Path, name: str) -> list[Run]:
    """All runs of an experiment."""
    experiment = client(root).get_experiment_by_name(name)
    return list(client(root).search_runs([experiment.experiment_id], max_results=10_000))


def by_role(root: Path, name: str) -> Mapping[str, list[Run]]:
    """The runs of an experiment by what they are."""
    found: dict[str, list[Run]] = {"ladder": [], "variant": [], "replicate": [], "study": [], "trial": []}
    for run in runs(root, name):
        found[run.data.tags["ablation.role"]].append(run)
    return found


def statuses(root: Path, name: str) -> Counter[str]:
    return Counter(run.info.status for run in runs(root, name))


def assert_whole(root: Path, plan: Plan) -> None:
    """The plan's tree is there once, every run is finished, and every epoch is there once."""
    found = by_role(root, plan.name)
    keys = Counter(run.data.tags[KEY] for run in runs(root, plan.name))
    assert set(keys.values()) == {1}
    assert {role: len(each) for role, each in found.items()} == {
        "ladder": 1,
        "variant": len(plan.variants),
        "replicate": len(plan.runs),
        "study": 0,
        "trial": 0,
    }
    assert statuses(root, plan.name).keys() == {"FINISHED"}
    _assert_tree(found)
    for run in found["replicate"]:
        _assert_epochs_once(client(root), run)
        assert len(run.inputs.dataset_inputs) == 3


def _assert_tree(found: Mapping[str, list[Run]]) -> None:
    (ladder,) = found["ladder"]
    variants = {run.info.run_id: run.info.run_name for run in found["variant"]}
    assert all(run.data.tags[MLFLOW_PARENT_RUN_ID] == ladder.info.run_id for run in found["variant"])
    for run in found["replicate"]:
        assert variants[run.data.tags[MLFLOW_PARENT_RUN_ID]] == run.data.tags["variant"]


def _assert_epochs_once(client: MlflowClient, run: Run) -> None:
    for name in run.data.metrics:
        steps = sorted(metric.step for metric in client.get_metric_history(run.info.run_id, name))
        first = 1 if name.startswith(("lr", "gap", "grad_norm", "train/", "val/")) else 0
        assert steps == list(range(first, first + len(steps))), f"{name} of {run.info.run_name}"
