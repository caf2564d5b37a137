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
    with tempfile.TemporaryDirectory(prefix="ablation-bench-") as name:
        folder, task = Path(name), {**job.task, "hands_over": False}
        with TrainingStopwatch() as watch:
            outcome = _outcome("train", task, folder, job)
        accuracy = None
        if job.split:
            prediction = {**task, "split": job.split, "positive": None, "corruption": None}
            predicted = _outcome("predict", prediction, folder, job, weights=folder / "train" / "output")
            accuracy = predicted["metrics"]["accuracy"]
    return Answer(watch.seconds, outcome["images"], outcome["history"][-1]["val/accuracy"], accuracy)


def _outcome(kind: StageKind, task: Mapping[str, Any], folder: Path, job: Job, **inputs: Path) -> Mapping[str, Any]:
    """Do a stage in a folder of its own."""
    output = folder / kind / "output"
    output.mkdir(parents=True)
    workspace = Workspace(output, output.parent, inputs, Path(job.datasets), CHECKPOINT_SECONDS)
    execute(kind, task, workspace, lambda *_: None)
    outcome: Mapping[str, Any] = json.loads((output / OUTCOME).read_text())
    return outcome


if __name__ == "__main__":
    run_job(train)
