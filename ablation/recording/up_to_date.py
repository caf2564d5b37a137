"""Whether the local MLflow store holds all of a plan already, answered without importing mlflow.

One small file an experiment names the plan that was recorded last and the database it was recorded in; another plan of
the same experiment, or another database file, takes its place. It saves seconds and decides nothing else: where it is
missing, the record is looked through run by run.
"""

from pathlib import Path

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.tracking.names import VERSION

DATABASE = "mlflow.db"


def mark_recorded(plan: Plan, root: Path) -> None:
    """Remember that the local store holds all of this plan."""
    marker = _marker(plan, root)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(_content(plan, root))


def is_recorded(plan: Plan, root: Path) -> bool:
    """Whether this plan was the experiment's last to be recorded, by this version and in the database that is there."""
    marker = _marker(plan, root)
    return (root / DATABASE).exists() and marker.exists() and marker.read_text() == _content(plan, root)


def _marker(plan: Plan, root: Path) -> Path:
    return root / "plans" / f"{address({'experiment': plan.name})[:32]}.recorded"


def _content(plan: Plan, root: Path) -> str:
    database = (root / DATABASE).stat().st_ino
    runs = [run.address for run in plan.runs]
    digest = address({"plan": plan.key, "ladder": plan.parent_key, "runs": runs, "projection": VERSION})
    return f"{digest} {database}"
