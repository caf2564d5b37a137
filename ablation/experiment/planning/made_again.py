"""Which trainings of the last run a plan makes again although their settings are the same, and why; needs no torch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


@dataclass(frozen=True)
class AddressChange:
    """Something that enters addresses and that changed between two plans.

    Args:
        kind: ``earlier``: the last run was made by an earlier version of this package; ``data``: the decoded data;
            ``version``: of a library, or the kind of machine; ``code``: of a module.
        name: of the library or the module.
        old, new: versions, for that kind alone.
    """

    kind: Literal["earlier", "data", "version", "code"]
    name: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class MadeAgain:
    """Trainings that are made again.

    Args:
        trainings: how many; those of several parts count once.
        changes: why; empty where only the experiment's own seed, protocol or split can have changed.
    """

    trainings: int
    changes: tuple[AddressChange, ...]


def made_again(last: Plan, plan: Plan, store: ContentStore) -> MadeAgain | None:
    """What of the last run is trained again under another address; None where nothing is.

    A training counts that is in the store under the last plan's address and missing under the new one's, while the
    recipe of its variant is the same.
    """
    before = {(run.variant, run.replicate): run for run in last.runs}
    recipes = {variant.name: variant.recipe for variant in last.variants}
    both = ((before.get((run.variant, run.replicate)), run) for run in plan.runs)
    pairs = [
        (old, new)
        for old, new in both
        if old and recipes[new.variant] == plan.variant(new.variant).recipe
        if old.train != new.train and store.has(old.train) and not store.has(new.train)
    ]
    if not pairs:
        return None
    changes = (*_changed_data(pairs, last, plan), *_changed_basis(last.basis, plan.basis))
    return MadeAgain(len({new.train for _, new in pairs}), changes)


def _changed_data(pairs: Sequence[tuple[Run, Run]], last: Plan, plan: Plan) -> Iterator[AddressChange]:
    tasks = ((last.stages[old.train].task, plan.stages[new.train].task) for old, new in pairs)
    if any(old.get("fingerprints") != new.get("fingerprints") for old, new in tasks):
        yield AddressChange("data")


def _changed_basis(
    last: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> Iterator[AddressChange]:
    """Versions and code that changed; an earlier core is reported alone."""
    if not (last and now) or last["core"] != now["core"]:
        yield AddressChange("earlier")
        return
    for name, version in now["versions"].items():
        if last["versions"].get(name, version) != version:
            yield AddressChange("version", name, last["versions"][name], version)
    for name, code in now["code"].items():
        if last["code"].get(name, code) != code:
            yield AddressChange("code", name)
