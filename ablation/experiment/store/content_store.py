"""The content store: finished stages by address. It is the truth about what has been trained.

A stage is written into a folder of its own, flushed to disk and renamed into place, so it is there whole or not at
all. A lock per address, which the operating system frees when its holder dies, keeps two processes from doing it twice.
"""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from ablation.metrics.predictions import Predictions
from ablation.stage import OUTCOME, PREDICTIONS


@dataclass(frozen=True)
class ContentStore:
    """Finished stages, crash-surviving scratch folders, failures and decoded data below one folder."""

    root: Path

    @property
    def datasets(self) -> Path:
        """Decoded data sets, one folder a fingerprint."""
        return self.root / "datasets"

    @property
    def locks(self) -> Path:
        """The folder of lock files; made when missing."""
        folder = self.root / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def folder(self, address: str) -> Path:
        """The folder of a finished stage."""
        return self.root / "stages" / address[:2] / address

    def scratch(self, address: str) -> Path:
        """The folder in which an unfinished stage keeps its checkpoints."""
        return self.root / "scratch" / address

    def lock(self, address: str) -> FileLock:
        """The lock of an address; its holder may do the stage."""
        return FileLock(self.locks / f"{address}.lock")

    def has(self, address: str) -> bool:
        return (self.folder(address) / OUTCOME).exists()

    def outcome(self, address: str) -> dict[str, Any]:
        """The results of a finished stage; see ``ablation.stage.OUTCOME``."""
        outcome: dict[str, Any] = json.loads((self.folder(address) / OUTCOME).read_text())
        return outcome

    def predictions(self, address: str) -> Predictions:
        """The predictions of a finished stage that predicts."""
        return Predictions.load(self.folder(address) / PREDICTIONS)

    def commit(self, output: Path, address: str) -> None:
        """Move a finished stage's folder into place; the caller holds the lock."""
        for path in [*output.rglob("*"), output]:
            _flush(path)
        final = self.folder(address)
        final.parent.mkdir(parents=True, exist_ok=True)
        output.replace(final)
        _flush(final.parent)
        self.tidy(address)

    def discard(self, address: str) -> None:
        """Take a finished stage out of the store, so that it is done again; its folder moves to ``discarded``."""
        discarded = self.root / "discarded" / address
        discarded.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(discarded, ignore_errors=True)
        self.folder(address).replace(discarded)

    def leftovers(self) -> set[str]:
        """Addresses of which there is something to ``tidy``, finished or not."""
        scratch, failures = ((self.root / name).glob("*") for name in ("scratch", "failures"))
        return {path.name for path in scratch} | {path.stem for path in failures}

    def tidy(self, address: str) -> None:
        """Remove what a finished stage no longer needs; a process killed right after its commit leaves it behind."""
        shutil.rmtree(self.scratch(address), ignore_errors=True)
        self._failure(address).unlink(missing_ok=True)

    def fail(self, address: str, reason: str) -> None:
        """Record why a stage could not be finished; a later run tries it again."""
        path = self._failure(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(reason)

    def failure(self, address: str) -> str | None:
        """The reason why a stage could not be finished, or None."""
        path = self._failure(address)
        return path.read_text() if path.exists() else None

    def _failure(self, address: str) -> Path:
        return self.root / "failures" / f"{address}.txt"


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True)
class Snapshot(ContentStore):
    """A read-only store that opens each outcome once, since a report asks for the same ones many times.

    A stage that was missing when it was first asked for stays missing.
    """

    _read: dict[str, dict[str, Any] | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def has(self, address: str) -> bool:
        return self._outcome(address) is not None

    def outcome(self, address: str) -> dict[str, Any]:
        outcome = self._outcome(address)
        return super().outcome(address) if outcome is None else outcome

    def _outcome(self, address: str) -> dict[str, Any] | None:
        if address not in self._read:
            self._read[address] = super().outcome(address) if super().has(address) else None
        return self._read[address]
