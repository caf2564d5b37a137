"""What a worker and its parent tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ablation.stage import Stage


@dataclass(frozen=True)
class Setup:
    """Sent once to a new worker.

    Args:
        store: root of the content store.
        core: import path of the core's module.
        import_from: folder of the experiment file, for the user's own components.
        lane_folder, lane_kind, lanes: of ``Lanes``.
        pin: bind each lane to one processor.
        checkpoint_seconds: longest time between checkpoints.
        helpers: processes that a stage may start to make batches for a GPU.
    """

    store: Path
    core: str
    import_from: Path
    lane_folder: Path
    lane_kind: str
    lanes: int
    pin: bool
    checkpoint_seconds: float
    helpers: int = 0


@dataclass(frozen=True)
class Assignment:
    """A stage to do; ``alone``: while nothing else computes on this machine."""

    stage: Stage
    alone: bool


@dataclass(frozen=True)
class Stop:
    """A stage that was assigned is not wanted any longer; a training then ends with its present epoch."""

    address: str


@dataclass(frozen=True)
class Began:
    """The worker holds the stage's lock and a lane."""

    address: str


@dataclass(frozen=True)
class Epoch:
    """A training finished an epoch."""

    address: str
    number: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Ended:
    """The worker is free again; ``busy``: another process is doing that stage; ``stopped``: as the parent asked."""

    address: str
    how: Literal["done", "busy", "stopped", "failed", "out of memory"]
    reason: str = ""
