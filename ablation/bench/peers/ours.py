"""Our core as ``ablation`` runs it: a training stage in a process like a worker's, and a prediction."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablation.bench.job import Answer, Job, TrainingStopwatch, run_job
from ablation.core.execute import execute
from ablation.stage import OUTCOME, StageKind, Workspace
from ablation.workflow.options import CHECKPOINT_SECONDS


def train(job: Job) -> Answer:
    """Run the stages in a temporary folder, with checkpoints as in a run."""
    with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
        task, trained = {**job.task, "hands_over": False}, _workspace(Path(folder), "train", job)
        with TrainingStopwatch() as watch:
            outcome = _done("train", task, trained)
        prediction = {**task, "split": job.split, "positive": None, "corruption": None}
        predicted = _workspace(Path(folder), "predict", job, weights=trained.output)
        accuracy = _done("predict", prediction, predicted)["metrics"]["accuracy"] if job.split else None
    return Answer(watch.seconds, outcome["images"], outcome["history"][-1]["val/accuracy"], accuracy)


def _workspace(folder: Path, name: str, job: Job, **inputs: Path) -> Workspace:
    output = folder / name / "output"
    output.mkdir(parents=True)
    return Workspace(output, folder / name, inputs, Path(job.datasets), CHECKPOINT_SECONDS)


def _done(kind: StageKind, task: Mapping[str, Any], workspace: Workspace) -> Mapping[str, Any]:
    execute(kind, task, workspace, lambda *_: None)
    outcome: Mapping[str, Any] = json.loads((workspace.output / OUTCOME).read_text())
    return outcome


if __name__ == "__main__":
    run_job(train)
