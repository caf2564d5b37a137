"""A read-only view of the content store that caches each outcome it has read."""

from dataclasses import dataclass, field
from typing import Any

from ablation.experiment.store.content_store import ContentStore


@dataclass(frozen=True)
class Snapshot(ContentStore):
    """A store for reading alone that opens each outcome once, as one report asks for the same ones many times."""

    _read: dict[str, dict[str, Any] | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def has(self, address: str) -> bool:
        """Whether a stage was finished when it was first asked for."""
        return self._outcome(address) is not None

    def outcome(self, address: str) -> dict[str, Any]:
        """The figures that a finished stage left; to be read, not changed."""
        found = self._outcome(address)
        return super().outcome(address) if found is None else found

    def _outcome(self, address: str) -> dict[str, Any] | None:
        if address not in self._read:
            self._read[address] = super().outcome(address) if super().has(address) else None
        return self._read[address]
