"""The frozen protocol: what was declared before the first run, what was changed since, and when the table was seen.

Changes are allowed and shown under the table. A ladder under another name, seed or ``--set`` has a record of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic_core import to_json

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.json_file import read_file, replace_file

_COPIED = ("metric", "margin", "alpha", "protocol", "replicates", "looks", "designs")


@dataclass(frozen=True)
class Protocol:
    """What the claims are based on, as declared; fields that are not explained are those of a plan.

    Args:
        rungs: in their order, the tuned one whether or not it was tuned yet.
        tuned: hash of the tuned values in use; empty without any.
        each: whether every variant has tuned values of its own.
    """

    rungs: tuple[str, ...]
    metric: str
    margin: float
    alpha: float
    protocol: str
    replicates: int
    looks: tuple[int, ...]
    designs: tuple[str, ...]
    tuned: str = ""
    each: bool = False

    @classmethod
    def of(cls, plan: Plan) -> Protocol:
        """The protocol of a plan."""
        values = [[study.definition, dict(study.values)] for study in plan.tuned]
        return cls(
            rungs=plan.declared_rungs or tuple(rung.name for rung in plan.rungs),
            tuned=address({"values": values}) if values else "",
            each=any(study.each for study in plan.tuned),
            **{name: getattr(plan, name) for name in _COPIED},
        )

    @property
    def hash(self) -> str:
        """Hash of everything but the tuned values; 64 hexadecimal digits."""
        return address({name: getattr(self, name) for name in ("rungs", *_COPIED)})


@dataclass(frozen=True)
class ChangedSetting:
    """Another value of ``metric``, ``margin``, ``alpha``, ``protocol``, ``replicates``, ``looks`` or ``designs``."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ChangedRungs:
    """Rungs that were ``added`` or ``removed``, or the new ``order`` of those that stayed."""

    what: Literal["added", "removed", "order"]
    rungs: tuple[str, ...]


@dataclass(frozen=True)
class ChangedTuning:
    """Tuned values of every variant were ``each_added`` or ``each_removed``; others ``replaced`` or ``removed``."""

    what: Literal["each_added", "each_removed", "replaced", "removed"]


ProtocolChange: TypeAlias = ChangedSetting | ChangedRungs | ChangedTuning


@dataclass(frozen=True)
class _Record:
    """The content of the file: each declared protocol that differs from the one before it, and the looks."""

    declared: tuple[Protocol, ...] = ()
    looks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Preregistration:
    """A protocol as first declared, its changes, and the numbers of replicates at which a finished table was shown."""

    first: Protocol
    changes: tuple[ProtocolChange, ...]
    looks: tuple[int, ...]


def register(plan: Plan, store: ContentStore) -> None:
    """Keep the protocol under which a ladder's run starts, unless it equals the latest; other plans declare nothing."""
    _append(plan, store, "declared", Protocol.of(plan), within=slice(-1, None))


def note_look(plan: Plan, store: ContentStore) -> None:
    """Keep that a finished table was shown at the plan's number of replicates, once for each number."""
    _append(plan, store, "looks", plan.replicates, within=slice(None))


def preregistration(plan: Plan, store: ContentStore) -> Preregistration:
    """Everything kept so far, else the plan's own protocol; raises a ``UserError`` for a damaged file."""
    record = _read(_path(plan, store))
    declared = record.declared or (Protocol.of(plan),)
    changes = tuple(change for old, new in pairwise(declared) for change in _changes(old, new))
    return Preregistration(declared[0], changes, record.looks)


def _changes(old: Protocol, new: Protocol) -> Iterator[ProtocolChange]:
    yield from _changed_rungs(old.rungs, new.rungs)
    for name in _COPIED:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield ChangedSetting(name, was, now)
    if old.each != new.each:
        yield ChangedTuning("each_added" if new.each else "each_removed")
    elif old.tuned != new.tuned and old.tuned:
        yield ChangedTuning("replaced" if new.tuned else "removed")


def _changed_rungs(old: Sequence[str], new: Sequence[str]) -> Iterator[ChangedRungs]:
    if removed := tuple(name for name in old if name not in new):
        yield ChangedRungs("removed", removed)
    if added := tuple(name for name in new if name not in old):
        yield ChangedRungs("added", added)
    stayed = tuple(name for name in new if name in old)
    if stayed != tuple(name for name in old if name in new):
        yield ChangedRungs("order", stayed)


def _append(plan: Plan, store: ContentStore, name: str, entry: Protocol | int, within: slice) -> None:
    """Add an entry to one of the record's lists if it is not in this part of the list; processes take turns."""
    path = _path(plan, store)
    if plan.purpose != "ladder" or entry in getattr(_read(path), name)[within]:
        return
    with store.lock(f"protocol-{path.stem}"):
        record = _read(path)
        entries = getattr(record, name)
        if entry not in entries[within]:
            replace_file(path, to_json(dataclasses.replace(record, **{name: (*entries, entry)})))


def _read(path: Path) -> _Record:
    problem = "the record of what was declared before the first run cannot be read"
    remedy = "restore the file, or remove it to declare anew with the next ablation run"
    return read_file(path, _Record, problem, remedy) if path.exists() else _Record()


def _path(plan: Plan, store: ContentStore) -> Path:
    name = address({"name": plan.name, "seed": plan.seed, "overrides": plan.overrides})
    return store.root / "protocols" / f"{name}.json"
