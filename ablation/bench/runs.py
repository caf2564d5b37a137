"""``ablation run`` in a fresh store, as a user types it, timed from the start of its process to its table."""

from __future__ import annotations

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
    """A run that has ended, seen in its store.

    Args:
        seconds: of the command.
        trainings: that it did.
        bare: seconds of what its trainings and their predictions cannot do without, summed over all; see ``done``.
        predicting: those of the predictions.
        report: seconds of ``ablation report`` on its store; 0 where that was not asked for.
    """

    seconds: float
    trainings: int
    bare: float
    predicting: float
    report: float


@dataclass(frozen=True)
class Command:
    """A command to be timed.

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
        """Run it in a store of its own, recorded in that store's MLflow, and look into that.

        Args:
            reports: whether the report is timed too.

        Raises:
            UserError: it failed.
        """
        with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
            store = ContentStore(Path(folder))
            try:
                given, reporting = _untracked_elsewhere(), ["report", str(self.file), "--store", folder]
                seconds = command_seconds(self._arguments(folder, replicates, track), given)
                report = command_seconds(reporting, given) if reports else 0.0
            except UserError as error:
                raise UserError(error.problem, place=error.place, remedy=self._reason(store)) from error
            planned = load_stored_plan(self.file, store)
            trainings, predictions = (done(planned, kind, store) for kind in ("train", "predict"))
            return Finished(seconds, len(trainings), sum(trainings) + sum(predictions), sum(predictions), report)

    def _reason(self, store: ContentStore) -> str:
        """Why a stage failed, since the store that would tell is gone in a moment; empty where none did."""
        try:
            stages = load_stored_plan(self.file, store).stages
        except UserError:
            return ""
        return next((reason.strip().splitlines()[-1] for each in stages if (reason := store.failure(each))), "")

    def _arguments(self, folder: str, replicates: int, track: bool) -> list[str]:
        given = ["run", str(self.file), "--replicates", str(replicates), "--store", folder, "--device", self.device]
        given += [each for override in self.overrides for each in ("--set", override)]
        given += [] if self.jobs is None else ["--jobs", str(self.jobs)]
        return given if track else [*given, "--no-track"]


def done(planned: Plan, kind: StageKind, store: ContentStore) -> list[float]:
    """Seconds of each stage of a kind of a finished run, as its clock tells them.

    Of trainings: setting up, training, and the evaluation after each epoch; of predictions: the network's passes.
    """
    stages = [stage.address for stage in planned.stages.values() if stage.kind == kind]
    return [bare_seconds(store.outcome(address)["time"]) for address in stages]


def bare_seconds(split: Mapping[str, float]) -> float:
    """What nobody can do without, of seconds by kind of work: all but checkpoints."""
    return sum(spent for kind, spent in split.items() if kind != "saving")


def _untracked_elsewhere() -> dict[str, str]:
    """The environment, in which the record goes to the command's own store."""
    return {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
