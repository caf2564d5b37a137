"""Being stopped, by Ctrl-C or by the system, is one message and exit code 130."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stoppable() -> Iterator[None]:
    """A block that may be stopped; the same command goes on from what is kept."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        yield
    except KeyboardInterrupt:
        print("\nStopped; what is trained is kept. The same command goes on from there.", file=sys.stderr)
        raise SystemExit(130) from None


def _interrupted(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
