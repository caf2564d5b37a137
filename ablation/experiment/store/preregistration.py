"""The frozen protocol: what was declared before the first run, what was changed since, and when the table was seen.

A change is allowed; that it was made stands under the table. The record lies beside the results it speaks of, so a
ladder under another name, seed or ``--set`` has a record of its own.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore

_COPIED = ("metric", "margin", "alpha", "protocol", "replicates", "looks", "designs")


@dataclass(frozen=True)
class Protocol:
    """What a claim stands on, as declared.

    Args:
        rungs: in their order, the tuned one whether or not it was tuned yet.
        metric, margin, alpha, protocol, replicates, looks, designs: as plans have them.
        tuned: hash of the tuned values in use; empty without any.
        each: whether every variant has such values of its own.
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
        """The plan's."""
        same = {name: getattr(plan, name) for name in _COPIED}
        values = [[each.definition, dict(each.values)] for each in plan.tuned]
        return cls(
            rungs=plan.declared or tuple(rung.name for rung in plan.rungs),
            tuned=address({"values": values}) if values else "",
            each=any(each.each for each in plan.tuned),
            **same,
        )

    @property
    def hash(self) -> str:
        """Of everything that stands before tuning; 64 hexadecimal digits."""
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
    """Values of a study for every variant ``each_added`` or ``each_removed``; ``replaced`` by those of another study,
    or ``removed``."""

    what: Literal["each_added", "each_removed", "replaced", "removed"]


ProtocolChange: TypeAlias = ChangedSetting | ChangedRungs | ChangedTuning


@dataclass(frozen=True)
class ProtocolHistory:
    """A protocol as first declared, and what later runs changed.

    Args:
        first: as first declared.
        changes: what later runs changed, in order.
        looks: numbers of replicates at which a finished table was shown, in order.
    """

    first: Protocol
    changes: tuple[ProtocolChange, ...]
    looks: tuple[int, ...]


def register(plan: Plan, store: ContentStore) -> None:
    """Keep the protocol under which a ladder's run starts; one that equals the latest leaves no trace.

    Plans that are no ladder's, those of ``confirm`` and ``calibrate``, declare nothing.
    """
    _append(plan, store, "declared", _written(Protocol.of(plan)), within=slice(-1, None))


def note_look(plan: Plan, store: ContentStore) -> None:
    """Keep that a finished table was shown at the plan's number of replicates; a second look there is the same one."""
    _append(plan, store, "looks", plan.replicates, within=slice(None))


def history(plan: Plan, store: ContentStore) -> ProtocolHistory:
    """Everything kept so far; of a ladder that was never registered, the plan's own protocol."""
    record = _read(_path(plan, store))
    declared = [_protocol(each) for each in record["declared"]] or [Protocol.of(plan)]
    changes = tuple(change for old, new in pairwise(declared) for change in _changes(old, new))
    return ProtocolHistory(declared[0], changes, tuple(record["looks"]))


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


def _append(plan: Plan, store: ContentStore, key: str, entry: Any, within: slice) -> None:
    """Add to one of the record's lists what is not in it yet, or not within a part of it; processes take turns."""
    path = _path(plan, store)
    if plan.purpose != "ladder" or entry in _read(path)[key][within]:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.lock(f"protocol-{path.stem}"):
        record = _read(path)
        if entry not in record[key][within]:
            draft = path.with_name(f"{path.name}.draft")
            draft.write_text(json.dumps(record | {key: [*record[key], entry]}))
            draft.replace(path)


def _read(path: Path) -> dict[str, list[Any]]:
    empty: dict[str, list[Any]] = {"declared": [], "looks": []}
    return empty | json.loads(path.read_text()) if path.exists() else empty


def _written(protocol: Protocol) -> dict[str, Any]:
    """As JSON reads it back, so that it can be compared with what is kept."""
    written: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(protocol)))
    return written if protocol.tuned else {name: written[name] for name in ("rungs", *_COPIED)}


def _protocol(raw: Mapping[str, Any]) -> Protocol:
    values: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in raw.items()}
    return Protocol(**values)


def _path(plan: Plan, store: ContentStore) -> Path:
    name = address({"name": plan.name, "seed": plan.seed, "overrides": plan.overrides})
    return store.root / "protocols" / f"{name}.json"
