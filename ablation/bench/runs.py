"""``ablation run`` in a fresh store, timed from the start of its process to its end."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablation.bench.processes import command_seconds
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.stage import StageKind


@dataclass(frozen=True)
class Finished:
    """The measurements of a finished run.

    Args:
        seconds: of the command.
        trainings: number of trainings.
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
    """A command to time.

    Args:
        file: the experiment.
        overrides: the ``--set`` texts.
        device: as for ``ablation run``.
        jobs: trainings at once; None for the command's own choice.
    """

    file: Path
    overrides: Sequence[str] = ()
    device: str = "auto"
    jobs: int | None = None

    def run(self, replicates: int, track: bool = True, reports: bool = False) -> Finished:
        """Run it in a temporary store, which also holds its MLflow record.

        Args:
            reports: whether to time the report too.

        Raises:
            UserError: it failed.
        """
        with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
            store = ContentStore(Path(folder))
            try:
                environment, report_arguments = _own_tracking(), ["report", str(self.file), "--store", folder]
                seconds = command_seconds(self._arguments(folder, replicates, track), environment)
                report = command_seconds(report_arguments, environment) if reports else 0.0
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
        return next((reason.strip().splitlines()[-1] for each in stages if (reason := store.failure(each))), "")

    def _arguments(self, folder: str, replicates: int, track: bool) -> list[str]:
        arguments = ["run", str(self.file), "--replicates", str(replicates), "--store", folder, "--device", self.device]
        arguments += [word for override in self.overrides for word in ("--set", override)]
        arguments += [] if self.jobs is None else ["--jobs", str(self.jobs)]
        return arguments if track else [*arguments, "--no-track"]


def _stage_seconds(planned: Plan, kind: StageKind, store: ContentStore) -> list[float]:
    """Seconds of bare work of each stage of a kind, in a finished run.

    Of a training: setting up, training, and the evaluation after each epoch; of a prediction: the network's passes.
    """
    stages = [stage.address for stage in planned.stages.values() if stage.kind == kind]
    return [bare_seconds(store.outcome(address)["time"]) for address in stages]


def bare_seconds(seconds: Mapping[str, float]) -> float:
    """The sum of seconds by kind of work, without that of saving checkpoints."""
    return sum(spent for kind, spent in seconds.items() if kind != "saving")


def _own_tracking() -> dict[str, str]:
    """The environment, without a tracking URI: MLflow's record goes to the command's store."""
    return {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
