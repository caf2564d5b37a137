"""The messages between a worker and its parent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ablation.experiment.execution.slots import Slots
from ablation.stage import Stage


@dataclass(frozen=True)
class Setup:
    """Sent once to a new worker.

    Args:
        store: root of the content store.
        core: import path of the core's module.
        import_from: folder of the experiment file, for the user's own components.
        pin: bind each slot to one processor.
        checkpoint_seconds, helpers: as in ``ablation.stage.Workspace``.
    """

    store: Path
    core: str
    import_from: Path
    slots: Slots
    pin: bool
    checkpoint_seconds: float
    helpers: int = 0


@dataclass(frozen=True)
class Assignment:
    """A stage to compute; ``alone``: while nothing else computes on this machine."""

    stage: Stage
    alone: bool


@dataclass(frozen=True)
class Stop:
    """An assigned stage is no longer needed; a training then ends after its current epoch."""

    address: str


@dataclass(frozen=True)
class StageBegan:
    """The worker holds the stage's lock and a slot, and starts."""

    address: str


@dataclass(frozen=True)
class StageEpoch:
    """A training finished an epoch."""

    address: str
    number: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class StageEnded:
    """The worker is idle again; ``busy``: another process computes the stage; ``stopped``: as the parent requested."""

    address: str
    how: Literal["done", "busy", "stopped", "failed", "out of memory"]
    reason: str = ""
