"""Confirmations: what was asked of the fresh replicates, so that a report can say how often they were asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore


@dataclass(frozen=True)
class Confirmation:
    """A question that was put to the fresh replicates.

    Args:
        recipe: address of the final recipe.
        replicates: fresh ones, of the baseline and of the final recipe.
        on_test: whether it is judged by the test set, by which rungs may have been chosen.
        number, questions: which question it is, from 1 on, of how many that were put to these replicates.
        changed: what differs between those questions, by name.
        chance: an upper bound of the chance that one of the answers is luck, 0..1.
    """

    recipe: str
    replicates: int
    on_test: bool
    number: int
    questions: int
    changed: tuple[str, ...]
    chance: float


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


def confirmation(plan: Plan, store: ContentStore) -> Confirmation | None:
    """The question of a plan of ``confirm``; None for other plans."""
    if plan.purpose != "confirm":
        return None
    questions, asked = frozen(plan, store), _asked(plan)
    return Confirmation(
        recipe=asked["recipe"],
        replicates=plan.replicates,
        on_test=plan.judged_on == "test",
        number=questions.index(asked) + 1 if asked in questions else len(questions),
        questions=len(questions),
        changed=tuple(name for name in asked if len({json.dumps(each[name]) for each in questions}) > 1),
        chance=min(1.0, len(questions) * plan.alpha),
    )


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
