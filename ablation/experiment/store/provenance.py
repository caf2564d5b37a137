"""What a run's numbers were made with, as each of its stages recorded it."""

from collections.abc import Collection, Mapping

from ablation.core.versions import versions
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


def provenance(run: Run, store: ContentStore) -> Mapping[str, str]:
    """What a run's trainings and predictions were made with.

    Runs of one variant should agree in all of it, and those of two variants in all but ``data``, which is of decoded
    images: a rung that changes their size changes it too.

    Keys: ``python`` (major and minor), ``numpy``, ``torch``, ``torchvision``: versions; ``data``: fingerprint of the
    decoded data set, or several separated by spaces where an ensemble's members, or phases, read several. A key of
    which the stages say different things has all of them, separated by spaces. Empty where the run is not finished, or
    was made before outcomes told it; a key that is not known is left out.
    """
    if not all(map(store.has, run.needed)):
        return {}
    told: dict[str, set[str]] = {}
    for address in run.needed:
        for name, value in store.outcome(address).get("made_with", {}).items():
            told.setdefault(name, set()).update(value.split())
    return {name: " ".join(sorted(values)) for name, values in told.items()}


def discard_outdated(plan: Plan, store: ContentStore) -> tuple[str, ...]:
    """Forget the finished runs that were made with other code or other data than would be used now.

    Returns:
        the addresses of the stages that are gone from the store.
    """
    present = versions()
    known = {each for stage in plan.stages.values() for each in stage.task.get("fingerprints", {}).values()}
    foreign: dict[str, None] = {}
    for run in plan.runs:
        if _is_foreign(provenance(run, store), present, known):
            foreign |= dict.fromkeys(address for address in run.needed if store.has(address))
    for address in foreign:
        store.discard(address)
    return tuple(foreign)


def _is_foreign(made: Mapping[str, str], present: Mapping[str, str], known: Collection[str]) -> bool:
    other_code = any(made[name] != version for name, version in present.items() if name in made)
    return other_code or not set(made.get("data", "").split()) <= set(known)
