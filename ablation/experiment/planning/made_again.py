"""Which trainings of the last run a plan makes again although their settings are the same, and why; needs no torch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


@dataclass(frozen=True)
class AddressChange:
    """Something that addresses stand on and that changed between two plans.

    Args:
        kind: ``earlier``: the last run was made by an earlier version of this package; ``data``: the decoded data;
            ``version``: of a library, or the kind of machine; ``code``: of a module.
        name: of what changed; empty for the first two.
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
        changes: why; empty where nothing is known to have changed but the experiment's own seed, protocol or split.
    """

    trainings: int
    changes: tuple[AddressChange, ...]


def made_again(last: Plan, plan: Plan, store: ContentStore) -> MadeAgain | None:
    """What of the last run is trained again under another address; None where nothing is.

    A training counts that is in the store under the last plan's address and missing under the new one's, while the
    recipe of its variant is the same.
    """
    pairs = [
        (old, new)
        for old, new in _same_runs(last, plan)
        if old.train != new.train and store.has(old.train) and not store.has(new.train)
    ]
    if not pairs:
        return None
    changes = (*_changed_data(pairs, last, plan), *_changed_basis(last.basis, plan.basis))
    return MadeAgain(len({new.train for _, new in pairs}), changes)


def _same_runs(last: Plan, plan: Plan) -> Iterator[tuple[Run, Run]]:
    """The runs of both plans of which variant, recipe and replicate are the same."""
    before = {(run.variant, run.replicate): run for run in last.runs}
    recipes = {variant.name: variant.recipe for variant in last.variants}
    for run in plan.runs:
        old = before.get((run.variant, run.replicate))
        if old is not None and recipes[run.variant] == plan.variant(run.variant).recipe:
            yield old, run


def _changed_data(pairs: list[tuple[Run, Run]], last: Plan, plan: Plan) -> Iterator[AddressChange]:
    """The data, where those of a training are others."""
    tasks = ((last.stages[old.train].task, plan.stages[new.train].task) for old, new in pairs)
    if any(old.get("fingerprints") != new.get("fingerprints") for old, new in tasks):
        yield AddressChange("data")


def _changed_basis(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> list[AddressChange]:
    """Versions and code that changed; an earlier core says all that there is to say."""
    if not (old and new) or old["core"] != new["core"]:
        return [AddressChange("earlier")]
    versions = [AddressChange("version", name, *both) for name, both in _moved(old["versions"], new["versions"])]
    return versions + [AddressChange("code", name) for name, _ in _moved(old["code"], new["code"])]


def _moved(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, tuple[str, str]]]:
    """The names that both have, with values that differ."""
    return [(name, (old[name], new[name])) for name in new if name in old and old[name] != new[name]]
