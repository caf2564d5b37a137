"""``ablation run`` in a fresh store, timed from the start of its process to its end."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ablation.bench.trainers import last_line
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.stage import StageKind
from ablation.workflow.options import Options
from ablation.workflow.planning import plan_of

DEFAULT = Path(__file__).parent / "experiments" / "bench.yaml"
"""The experiment that is measured unless another file is named."""


@dataclass(frozen=True)
class Finished:
    """The measurements of a finished run.

    Args:
        seconds: of the command.
        bare: seconds of bare work of all its trainings and predictions; see ``bare_seconds``.
        predicting: the part of ``bare`` that predictions take.
        report: seconds of ``ablation report`` on its store; 0 if it was not timed.
    """

    seconds: float
    trainings: int
    bare: float
    predicting: float
    report: float


@dataclass(frozen=True)
class Command:
    """``ablation run`` of an experiment, with its options; ``overrides`` are the ``--set`` texts."""

    file: Path
    overrides: Sequence[str] = ()
    device: str = "auto"
    jobs: int | None = None

    @contextmanager
    def planned(self, replicates: int | None) -> Iterator[tuple[Plan, Options]]:
        """Its plan, and its options with a temporary store; with None, ``replicates`` are the file's."""
        with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
            options = Options(Path(folder), self.device, self.jobs, track=False)
            yield plan_of(self.file, self.overrides, replicates, options, untuned=True), options

    def run(self, replicates: int, track: bool = True, reports: bool = False) -> Finished:
        """Run it, and its report if needed, in a temporary store, which also holds its MLflow record.

        Raises:
            UserError: it failed.
        """
        with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
            options = Options(Path(folder), self.device, track=track)
            invocation = options.invocation(str(self.file), overrides=self.overrides, replicates=replicates)
            jobs, store = () if self.jobs is None else ("--jobs", str(self.jobs)), options.store
            try:
                seconds = command_seconds(invocation.command("run", *jobs))
                report = command_seconds(invocation.command("report")) if reports else 0.0
            except UserError as error:
                raise UserError(error.problem, place=error.place, remedy=self._reason(store)) from error
            planned = load_stored_plan(self.file, store)
            trainings, predictions = (_stage_seconds(planned, kind, store) for kind in ("train", "predict"))
            return Finished(seconds, len(trainings), sum(trainings) + sum(predictions), sum(predictions), report)

    def _reason(self, store: ContentStore) -> str:
        """Why a stage failed, read before the temporary store is deleted; empty if none failed."""
        try:
            stages = load_stored_plan(self.file, store).stages
        except UserError:
            return ""
        reasons = (store.failure(address) for address in stages)
        return next((reason.strip().splitlines()[-1] for reason in reasons if reason), "")


def command_seconds(command: str) -> float:
    """Seconds that an ``ablation`` command line takes, from the start of its process to its end.

    It has no tracking URI, so that MLflow's record goes to the command's store. ``UserError`` if it fails.
    """
    words = [sys.executable, "-m", "ablation.cli", *shlex.split(command)[1:]]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    began = time.perf_counter()
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise UserError(f"{command} failed: {last_line(done.stderr)}", place="ablation bench")
    return seconds


def _stage_seconds(planned: Plan, kind: StageKind, store: ContentStore) -> list[float]:
    """Seconds of bare work of each stage of a kind, in a finished run."""
    stages = [stage.address for stage in planned.stages.values() if stage.kind == kind]
    return [bare_seconds(store.outcome(address)["time"]) for address in stages]


def bare_seconds(seconds: Mapping[str, float]) -> float:
    """The sum of a stage's seconds by kind of work, without that of saving checkpoints.

    Of a training: setting up, training, and the evaluation after each epoch; of a prediction: the network's passes.
    """
    return sum(spent for kind, spent in seconds.items() if kind != "saving")
