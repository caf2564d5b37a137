"""Confirmations: which final recipes were confirmed on the fresh replicates, so that choosing by them shows."""

from __future__ import annotations

import json

from ablation.experiment.content import address
from ablation.experiment.plan import Plan
from ablation.experiment.store import ContentStore


def freeze(plan: Plan, store: ContentStore) -> None:
    """Remember the final recipe of a confirmation before anything of it runs."""
    with store.lock(_key(plan)):
        found = frozen(plan, store)
        if (recipe := _final(plan)) not in found:
            target = store.root / "confirmations" / f"{_key(plan)}.json"
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".draft")
            draft.write_text(json.dumps([*found, recipe]))
            draft.replace(target)


def frozen(plan: Plan, store: ContentStore) -> tuple[str, ...]:
    """Hashes of the final recipes that this experiment asked to confirm, in order."""
    target = store.root / "confirmations" / f"{_key(plan)}.json"
    return tuple(json.loads(target.read_text())) if target.exists() else ()


def remarks(plan: Plan, store: ContentStore) -> tuple[str, ...]:
    """What a reader of a confirmation must know; nothing for other plans."""
    if plan.purpose != "confirm":
        return ()
    found, recipe = frozen(plan, store), _final(plan)
    place = found.index(recipe) + 1 if recipe in found else 1
    lines = [f"Confirmed: {plan.replicates} fresh replicates of the baseline and one final recipe ({recipe[:8]})."]
    if plan.judged_on == "test":
        lines.append(
            "Selected on this test set: rungs may have been kept by looking at these very test images; "
            "data.confirm_size sets images aside for a confirmation."
        )
    if len(found) > 1:
        lines.append(
            f"Chosen again: this is final recipe {place} of {len(found)} on the same replicates; the chance that "
            f"one of them looks better by luck is up to {len(found) * plan.alpha:.2g}."
        )
    return tuple(lines)


def _final(plan: Plan) -> str:
    return plan.variant(plan.full_row).address


def _key(plan: Plan) -> str:
    return address({"confirmed": plan.name, "seed": plan.seed})
