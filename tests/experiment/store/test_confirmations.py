"""What was asked of the fresh replicates is kept, and asking again shows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from standin_plan import standin_plan

from ablation.errors import UserError
from ablation.experiment.store.confirmations import Question, confirmation, record_question, recorded_questions
from ablation.experiment.store.content_store import ContentStore

PLAN = dataclasses.replace(standin_plan(), purpose="confirm")


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path)


def test_equal_questions_are_one(store: ContentStore) -> None:
    other = dataclasses.replace(PLAN, margin=3.0, replicates=12)
    for plan in (PLAN, other, PLAN):
        record_question(plan, store)
    assert recorded_questions(PLAN, store) == (Question.of(PLAN), Question.of(other))
    again = confirmation(other, store)
    assert again is not None
    assert (again.number, again.questions, again.changed) == (2, 2, ("replicates", "margin"))
    assert again.chance == pytest.approx(2 * PLAN.alpha)


def test_a_first_question_is_the_only_one(store: ContentStore) -> None:
    record_question(PLAN, store)
    first = confirmation(PLAN, store)
    assert first is not None
    assert (first.number, first.questions, first.changed) == (1, 1, ())
    assert confirmation(standin_plan(), store) is None


def test_a_file_of_the_version_before_is_read(store: ContentStore) -> None:
    record_question(PLAN, store)
    (file,) = (store.root / "confirmations").iterdir()
    file.write_text(json.dumps([dataclasses.asdict(Question.of(PLAN))]))
    assert recorded_questions(PLAN, store) == (Question.of(PLAN),)


def test_a_damaged_file_is_an_error_that_names_it(store: ContentStore) -> None:
    record_question(PLAN, store)
    (file,) = (store.root / "confirmations").iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(UserError, match=rf"^{file}: the record of what was confirmed cannot be read"):
        record_question(PLAN, store)
