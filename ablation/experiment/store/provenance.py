"""What a run's numbers were made with, as each of its stages recorded it."""

from collections.abc import Mapping

from ablation.core.versions import versions
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


def provenance(run: Run, store: ContentStore) -> Mapping[str, str]:
    """What a run's trainings and predictions were made with.

    Runs of one variant should agree in all of it, and those of two variants in all but ``data``, which is of decoded
    images: a rung that changes their size changes it too.

    Keys: those of ``made_with`` in ``ablation.stage.OUTCOME``; several values of a key, or fingerprints of ``data``,
    are separated by spaces. Empty for a run that is not finished, or older than these records.
    """
    if not all(map(store.has, run.needed)):
        return {}
    values: dict[str, set[str]] = {}
    for address in run.needed:
        for name, value in store.outcome(address).get("made_with", {}).items():
            values.setdefault(name, set()).update(value.split())
    return {name: " ".join(sorted(parts)) for name, parts in values.items()}


def discard_outdated(plan: Plan, store: ContentStore) -> tuple[str, ...]:
    """Discard the finished runs that were made with other versions or data than now; returns the stages' addresses."""
    data = {
        fingerprint for stage in plan.stages.values() for fingerprint in stage.task.get("fingerprints", {}).values()
    }
    outdated: dict[str, None] = {}
    for run in plan.runs:
        made_with = provenance(run, store)
        other_versions = any(made_with.get(name, version) != version for name, version in versions().items())
        if other_versions or not set(made_with.get("data", "").split()) <= data:
            outdated |= dict.fromkeys(address for address in run.needed if store.has(address))
    for address in outdated:
        store.discard(address)
    return tuple(outdated)
