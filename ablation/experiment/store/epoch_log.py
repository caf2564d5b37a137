"""The epochs of a training, whether it is finished, running or stopped.

A worker logs each epoch in the scratch folder before it reports it, and before the core saves it in a checkpoint. So
the log is never behind a checkpoint; after a crash, epochs since the last checkpoint are trained and logged again.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ablation.experiment.store.content_store import ContentStore

Epochs = Mapping[int, Mapping[str, float]]
"""The records of epochs, by number counted from 1, in order."""

_FILE = "epochs.jsonl"


def log_epoch(scratch: Path, number: int, metrics: Mapping[str, float]) -> None:
    """Append an epoch to the log."""
    with (scratch / _FILE).open("a") as file:
        # the line ends before it begins, so that half a line, left by a kill, does not damage the next one
        file.write(f"\n{json.dumps([number, dict(metrics)])}\n")


def logged_epochs(address: str, store: ContentStore) -> Epochs:
    """The epochs of a training that are done; none if it was not started."""
    if store.has(address):
        return dict(enumerate(store.outcome(address)["history"], start=1))
    epochs: dict[int, Mapping[str, float]] = {}
    with suppress(FileNotFoundError):
        for line in (store.scratch(address) / _FILE).read_text().splitlines():
            with suppress(ValueError):  # an empty line, or half a line
                number, metrics = json.loads(line)
                epochs[number] = metrics
    return dict(sorted(epochs.items()))
