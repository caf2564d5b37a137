"""Confirmations: what was asked to be confirmed on the fresh replicates, so that a later reader sees each question."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from ablation.errors import UserError
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore


@dataclass(frozen=True)
class Question:
    """Everything that decides the answer of a confirmation.

    Args:
        baseline, recipe: addresses of the two variants that are compared.
        replicates: number of fresh ones.
        metric, margin, alpha: as the plan has them.
        images: the split that is judged.
    """

    baseline: str
    recipe: str
    replicates: int
    metric: str
    margin: float
    alpha: float
    images: str

    @classmethod
    def of(cls, plan: Plan) -> Question:
        """The plan's."""
        return cls(
            baseline=plan.variant(plan.ladder_rows[0]).address,
            recipe=plan.variant(plan.full_row).address,
            replicates=plan.replicates,
            metric=plan.metric,
            margin=plan.margin,
            alpha=plan.alpha,
            images=plan.judged_on,
        )


def freeze(plan: Plan, store: ContentStore) -> None:
    """Keep what a confirmation asks before anything of it runs."""
    with store.lock(_key(plan)):
        questions, question = frozen(plan, store), Question.of(plan)
        if question not in questions:
            target = _path(plan, store)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".draft")
            draft.write_bytes(to_json((*questions, question)))
            draft.replace(target)


def frozen(plan: Plan, store: ContentStore) -> tuple[Question, ...]:
    """What was asked of this experiment, in order.

    Raises:
        UserError: the file that keeps it cannot be read.
    """
    path = _path(plan, store)
    try:
        return _adapter().validate_json(path.read_bytes()) if path.exists() else ()
    except ValidationError as error:
        raise UserError(
            "the record of what was confirmed cannot be read",
            place=str(path),
            remedy="restore the file; without it nobody knows how often these replicates were asked",
        ) from error


def remarks(plan: Plan, store: ContentStore) -> tuple[str, ...]:
    """What a reader of a confirmation must know; nothing for other plans."""
    if plan.purpose != "confirm":
        return ()
    questions, question = frozen(plan, store), Question.of(plan)
    recipe = question.recipe[:8]
    lines = [f"Confirmed: {plan.replicates} fresh replicates of the baseline and one final recipe ({recipe})."]
    if plan.judged_on == "test":
        lines.append(
            "Selected on this test set: rungs may have been kept by looking at these very test images; "
            "data.confirm_size sets images aside for a confirmation."
        )
    if len(questions) > 1:
        place = questions.index(question) + 1 if question in questions else len(questions)
        names = (field.name for field in dataclasses.fields(Question))
        changed = [name for name in names if len({getattr(each, name) for each in questions}) > 1]
        lines.append(
            f"Asked again: this is question {place} of {len(questions)} put to the same replicates, with another "
            f"{', '.join(changed)}; the chance that one of them is answered by luck is up to "
            f"{min(1.0, len(questions) * plan.alpha):.2g}."
        )
    return tuple(lines)


@functools.cache
def _adapter() -> TypeAdapter[tuple[Question, ...]]:
    return TypeAdapter(tuple[Question, ...])


def _key(plan: Plan) -> str:
    return address({"confirmed": plan.name, "seed": plan.seed})


def _path(plan: Plan, store: ContentStore) -> Path:
    return store.root / "confirmations" / f"{_key(plan)}.json"
