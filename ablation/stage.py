"""The protocol between an experiment and a core: stages in, outcomes out.

A core is named by import path (``ablation.core.execute``) and loaded in the worker processes only, so that another
core can stand in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

OUTCOME = "outcome.json"
"""The file that every stage leaves: its figures as JSON.

Where a stage trains or predicts, ``made_with`` is among them: the versions of ``python`` (major and minor), ``numpy``,
``torch`` and ``torchvision`` that it ran under, and ``data``, the fingerprints of the decoded data sets that its
images came from, sorted and separated by spaces. It records; no address depends on it. Both tell under
``time`` their seconds by kind of work, and the worker adds ``waiting``, those that the stage waited for its lock and
lane.
"""
WEIGHTS = "weights.safetensors"
"""The file that a training leaves beside it."""
STATE = "state.pt"
"""The file that a part of a training leaves instead, for the part that goes on from it."""
PREDICTIONS = "predictions.npz"
"""The file that a prediction leaves beside it: arrays ``probabilities``, ``decisions``, ``labels`` and ``ids``."""

DEATHS = "worker processes died on it"
"""Part of the reason of a failure whose workers were killed, so that the same stage may end well another time."""

StageKind = Literal["train", "predict", "average", "adjust", "latency"]


@dataclass(frozen=True)
class Stage:
    """A unit of work with a content address.

    Args:
        address: hash of everything that decides the result.
        kind: ``train`` a phase, ``predict`` a split, ``average`` the predictions of several models, ``adjust`` them by
            what validation says, or measure ``latency``.
        task: what the core is told, JSON only.
        needs: for each role (``weights``, ``state``) the address of the stage whose files this one reads.
        work: expected effort in training-image passes; orders the display, never the result.
    """

    address: str
    kind: StageKind
    task: Mapping[str, Any]
    needs: Mapping[str, str]
    work: float


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Raised by ``Progress`` where a training is not wanted any longer: leave a checkpoint and let it pass."""


Progress = Callable[[int, Mapping[str, float]], None]
"""Called by a core after each epoch with the number of epochs done and their metrics; may raise ``Stopped``."""


@dataclass(frozen=True)
class Workspace:
    """Where a stage runs.

    Args:
        output: empty folder; every file of the outcome goes here, ``outcome.json`` among them.
        scratch: folder that survives a crash, for checkpoints; removed on completion.
        inputs: for each role in ``needs`` the folder of that finished stage.
        datasets: folder of the decoded datasets, one subfolder a fingerprint.
        checkpoint_seconds: longest time between checkpoints.
        helpers: processes that the stage may start to make batches for a GPU.
    """

    output: Path
    scratch: Path
    inputs: Mapping[str, Path]
    datasets: Path
    checkpoint_seconds: float
    helpers: int = 0


class Core(Protocol):
    """What a core module offers."""

    def execute(self, kind: StageKind, task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
        """Do the stage's work and leave its files in ``workspace.output``."""
