"""How a command works, not what it computes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ablation.experiment.store.content_store import ContentStore
from ablation.invocation import DEFAULT_DEVICE, DEFAULT_STORE, Invocation

CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class Options:
    """How a command works; none of this changes a result.

    Args:
        root: folder of the local store.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; the kind of device is part of a result's identity.
        jobs: stages computed at once; None for one a processor on the CPU, one on CUDA.
        track: whether MLflow records the run.
        tracking_uri: of MLflow's store; None for MLflow's environment variables, else the local store.
        checkpoint_seconds: longest time between checkpoints of a training.
    """

    root: str | os.PathLike[str] = DEFAULT_STORE
    device: str = DEFAULT_DEVICE
    jobs: int | None = None
    track: bool = True
    tracking_uri: str | None = None
    checkpoint_seconds: float = CHECKPOINT_SECONDS

    @property
    def store(self) -> ContentStore:
        return ContentStore(Path(self.root))

    def invocation(self, file: str | None, overrides: Sequence[str] = (), replicates: int | None = None) -> Invocation:
        """What was asked for, from which the commands in messages are made; ``file`` is None for an ``Experiment``."""
        asked = Invocation(file, overrides=tuple(overrides), replicates=replicates, device=self.device)
        return replace(asked, store=str(self.store.root), tracking_uri=self.tracking_uri, track=self.track)

    @property
    def records_locally(self) -> bool:
        """Whether MLflow's record is the local one."""
        return self.track and not self.tracking_uri and not os.environ.get("MLFLOW_TRACKING_URI")
