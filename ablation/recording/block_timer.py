"""How long the tracking of a run takes, beside the run itself."""

import time
from types import TracebackType


class BlockTimer:
    """Wall time spent within ``with`` blocks, of one thread at a time, since it was made."""

    def __init__(self) -> None:
        self._made, self._spent = time.perf_counter(), 0.0
        self._entered: float | None = None

    def __enter__(self) -> None:
        self._entered = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spent, self._entered = self.seconds, None

    @property
    def seconds(self) -> float:
        """Seconds within blocks, the present one's so far included."""
        return self._spent + (0.0 if self._entered is None else time.perf_counter() - self._entered)

    @property
    def share(self) -> float:
        """``seconds`` over those since it was made, in [0, 1]."""
        return self.seconds / (time.perf_counter() - self._made)
