"""The protocol between an experiment and a core: stages in, outcomes out.

Only worker processes import the core, by its import path (``ablation.core.execute``), so another core can replace it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

OUTCOME = "outcome.json"
"""The file that every stage writes: its results as JSON.

A stage that trains or predicts adds ``made_with``, on which no address depends: the versions of ``python`` (major and
minor), ``numpy``, ``torch`` and ``torchvision``, and ``data``, the fingerprints of the decoded data sets that its
images came from, sorted and separated by spaces. It also adds ``time``, its seconds by kind of work, to which the
worker adds ``waiting``, the seconds before it had its lock and its slot.
"""
WEIGHTS = "weights.safetensors"
"""The weights that a finished training writes as well."""
STATE = "state.pt"
"""Written by an earlier part of a training instead of weights; the next part continues from it."""
PREDICTIONS = "predictions.npz"
"""Arrays ``probabilities``, ``decisions``, ``labels`` and ``ids``, which a prediction writes as well."""

DEATHS = "worker processes died on it"
"""Part of the reason of a failure whose workers were killed, so that the same stage may succeed another time."""

StageKind = Literal["train", "predict", "average", "adjust", "latency"]


@dataclass(frozen=True)
class Stage:
    """A unit of work with a content address.

    Args:
        address: hash of everything that decides the result.
        kind: ``train`` a phase, ``predict`` a split, ``average`` the predictions of several models, ``adjust``
            predictions (calibration and threshold, chosen on the val images), or measure ``latency``.
        task: the core's input, JSON only.
        needs: for each role (``weights``, ``state``) the address of the stage whose files this one reads.
        work: expected effort in training-image passes, for estimates of time; it changes no result.
    """

    address: str
    kind: StageKind
    task: Mapping[str, Any]
    needs: Mapping[str, str]
    work: float


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Raised by ``Progress`` to stop a training: the core writes a checkpoint and raises it again."""


Progress = Callable[[int, Mapping[str, float]], None]
"""A core calls it after each epoch, with the number of epochs done and the metrics; it may raise ``Stopped``."""


@dataclass(frozen=True)
class Workspace:
    """Where a stage runs.

    Args:
        output: empty folder for every file of the outcome, including ``outcome.json``.
        scratch: folder for checkpoints; it survives a crash and is removed on completion.
        inputs: for each role in ``needs`` the folder of that finished stage.
        datasets: folder of the decoded data sets, one subfolder for each fingerprint.
        checkpoint_seconds: longest time between checkpoints.
        helpers: number of processes that the stage may start to make batches for a GPU.
    """

    output: Path
    scratch: Path
    inputs: Mapping[str, Path]
    datasets: Path
    checkpoint_seconds: float
    helpers: int = 0


class Core(Protocol):
    """The interface of a core module."""

    def execute(self, kind: StageKind, task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
        """Do the stage's work and write its files to ``workspace.output``."""
