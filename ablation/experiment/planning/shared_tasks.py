"""Tasks in a stored plan: what thousands of stages are told alike stands in one table, and each stage says where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ALIKE = ("recipe", "fingerprints", "seed", "protocol", "device", "folder")
"""What the stages of a variant are told alike, under every replicate."""
_KEY = "shared"


class SharedTasks:
    """Writes tasks; ``table`` then has what they share. Mappings are known by identity, as planning shares them."""

    def __init__(self) -> None:
        self.table: list[Mapping[str, Any]] = []
        self._places: dict[tuple[Any, ...], int] = {}

    def written(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """A task as it is stored."""
        alike = {name: task[name] for name in _ALIKE if name in task}
        own = {name: value for name, value in task.items() if name not in alike}
        return own | {_KEY: self._place(alike)} if alike else own

    def _place(self, alike: Mapping[str, Any]) -> int:
        key = tuple((name, id(value) if isinstance(value, Mapping) else value) for name, value in alike.items())
        if key not in self._places:
            self._places[key] = len(self.table)
            self.table.append(alike)
        return self._places[key]


def read_task(written: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The task that ``written`` gave, its settings one object with those of its likes; a whole task is itself."""
    if _KEY not in written:
        return written
    own = {name: value for name, value in written.items() if name != _KEY}
    return {**table[written[_KEY]], **own}
