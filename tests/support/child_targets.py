"""What children are started for in the tests of how they are started."""

from __future__ import annotations

import gc
import os
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from ablation.recording import model_export
from ablation.recording.model_export import Export


def tell(connection: Connection[Any, Any]) -> None:
    """What this process has, then the end."""
    connection.send(
        {
            "process": os.getpid(),
            "group": os.getpgrp(),
            "environment": dict(os.environ),
            "modules": set(sys.modules),
        }
    )


def last(connection: Connection[Any, Any]) -> None:
    """Say hello, and stay for ten minutes whatever happens."""
    connection.send("hello")
    time.sleep(600)


def last_with_parent(connection: Connection[Any, Any]) -> None:
    """Say hello, and stay until the parent is gone."""
    connection.send("hello")
    connection.poll(None)


def die(*unused: object) -> None:
    """End at once, without a word."""
    os._exit(9)


def fail() -> None:
    raise ZeroDivisionError("a bug")


class OddError(Exception):
    """One that cannot be told as it is."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def fail_oddly() -> None:
    raise OddError("two", "words")


def export_seen(export: Export) -> tuple[str | None, bool]:
    """The GPUs that an export would see, and whether dead objects are looked for meanwhile."""
    seen: list[tuple[str | None, bool]] = []
    model_export.publish_model = lambda export: seen.append((os.environ.get("CUDA_VISIBLE_DEVICES"), gc.isenabled()))
    model_export.export_model(export)
    return seen[0]


def export_failing(error: Exception, export: Export) -> None:
    """An export that something goes wrong with."""

    def publish(export: Export) -> None:
        raise error from ValueError("its cause")

    model_export.publish_model = publish
    model_export.export_model(export)
