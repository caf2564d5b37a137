"""Confirmations: what was asked to be confirmed on the fresh replicates, so that asking again shows."""

from __future__ import annotations

import json
from typing import Any

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore


def freeze(plan: Plan, store: ContentStore) -> None:
    """Remember what a confirmation asks before anything of it runs."""
    with store.lock(_key(plan)):
        found = frozen(plan, store)
        if (asked := _asked(plan)) not in found:
            target = store.root / "confirmations" / f"{_key(plan)}.json"
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".draft")
            draft.write_text(json.dumps([*found, asked]))
            draft.replace(target)


def frozen(plan: Plan, store: ContentStore) -> list[dict[str, Any]]:
    """What was asked of this experiment, in order: recipes, replicates, and what they are judged by."""
    target = store.root / "confirmations" / f"{_key(plan)}.json"
    found: list[dict[str, Any]] = json.loads(target.read_text()) if target.exists() else []
    return found


def remarks(plan: Plan, store: ContentStore) -> tuple[str, ...]:
    """What a reader of a confirmation must know; nothing for other plans."""
    if plan.purpose != "confirm":
        return ()
    found, asked = frozen(plan, store), _asked(plan)
    recipe = asked["recipe"][:8]
    lines = [f"Confirmed: {plan.replicates} fresh replicates of the baseline and one final recipe ({recipe})."]
    if plan.judged_on == "test":
        lines.append(
            "Selected on this test set: rungs may have been kept by looking at these very test images; "
            "data.confirm_size sets images aside for a confirmation."
        )
    if len(found) > 1:
        place = found.index(asked) + 1 if asked in found else len(found)
        changed = [name for name in asked if len({json.dumps(each[name]) for each in found}) > 1]
        lines.append(
            f"Asked again: this is question {place} of {len(found)} put to the same replicates, with another "
            f"{', '.join(changed)}; the chance that one of them is answered by luck is up to "
            f"{min(1.0, len(found) * plan.alpha):.2g}."
        )
    return tuple(lines)


def _asked(plan: Plan) -> dict[str, Any]:
    """Everything that decides the answer."""
    return {
        "baseline": plan.variant(plan.ladder_rows[0]).address,
        "recipe": plan.variant(plan.full_row).address,
        "replicates": plan.replicates,
        "metric": plan.metric,
        "margin": plan.margin,
        "alpha": plan.alpha,
        "images": plan.judged_on,
    }


def _key(plan: Plan) -> str:
    return address({"confirmed": plan.name, "seed": plan.seed})
