"""Confirmations: every question asked of the fresh replicates, so that a report can say how many there were."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import to_json

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.json_file import read_file, replace_file


@dataclass(frozen=True)
class Question:
    """Everything that decides the answer of a confirmation.

    Args:
        baseline, recipe: addresses of the two variants that are compared.
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
        """The question of a plan."""
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
        recipe, replicates: as in ``Question``.
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
    path = _path(plan, store)
    with store.lock(path.stem):
        questions, question = recorded_questions(plan, store), Question.of(plan)
        if question not in questions:
            replace_file(path, to_json((*questions, question)))


def recorded_questions(plan: Plan, store: ContentStore) -> tuple[Question, ...]:
    """The questions that were asked of this experiment, in order; raises a ``UserError`` for a damaged file."""
    path = _path(plan, store)
    problem = "the record of what was confirmed cannot be read"
    remedy = "restore the file; without it the number of questions to these replicates is unknown"
    return read_file(path, tuple[Question, ...], problem, remedy) if path.exists() else ()


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
        changed=tuple(name for name in names if len({getattr(other, name) for other in questions}) > 1),
        chance=min(1.0, len(questions) * plan.alpha),
    )


def _path(plan: Plan, store: ContentStore) -> Path:
    return store.root / "confirmations" / f"{address({'confirmed': plan.name, 'seed': plan.seed})}.json"
