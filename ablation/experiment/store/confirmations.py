"""Confirmations: every question asked of the fresh replicates, so that a report can say how many there were."""

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


def record_question(plan: Plan, store: ContentStore) -> None:
    """Keep what a confirmation asks before anything of it runs."""
    with store.lock(_key(plan)):
        questions, question = recorded_questions(plan, store), Question.of(plan)
        if question not in questions:
            target = _path(plan, store)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".draft")
            draft.write_bytes(to_json((*questions, question)))
            draft.replace(target)


def recorded_questions(plan: Plan, store: ContentStore) -> tuple[Question, ...]:
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
            remedy="restore the file; without it the number of questions to these replicates is unknown",
        ) from error


def confirmation(plan: Plan, store: ContentStore) -> Confirmation | None:
    """The question of a plan of ``confirm``; None for other plans."""
    if plan.purpose != "confirm":
        return None
    questions, question = recorded_questions(plan, store), Question.of(plan)
    names = (field.name for field in dataclasses.fields(Question))
    return Confirmation(
        recipe=question.recipe,
        replicates=plan.replicates,
        on_test=plan.judged_on == "test",
        number=questions.index(question) + 1 if question in questions else len(questions),
        questions=len(questions),
        changed=tuple(name for name in names if len({getattr(each, name) for each in questions}) > 1),
        chance=min(1.0, len(questions) * plan.alpha),
    )


@functools.cache
def _adapter() -> TypeAdapter[tuple[Question, ...]]:
    return TypeAdapter(tuple[Question, ...])


def _key(plan: Plan) -> str:
    return address({"confirmed": plan.name, "seed": plan.seed})


def _path(plan: Plan, store: ContentStore) -> Path:
    return store.root / "confirmations" / f"{_key(plan)}.json"
