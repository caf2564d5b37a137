from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan

from ablation.errors import UserError
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import recall, remember


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "x.yaml").write_text(SMALL)
    return tmp_path / "x.yaml"


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "store")


def test_the_latest_plan_of_a_file_is_recalled(file: Path, store: ContentStore) -> None:
    remember(standin_plan(replicates=1), file, store)
    remember(standin_plan(replicates=2), file, store)
    assert recall(file, store) == standin_plan(replicates=2)
    assert [path.suffix for path in (store.root / "plans").iterdir()] == [".json"]


def test_comments_order_of_keys_and_the_files_name_do_not_count(file: Path, store: ContentStore) -> None:
    remember(standin_plan(), file, store)
    first, second, *rest = SMALL.splitlines()
    other = file.with_name("other.yaml")
    other.write_text("\n".join(["# a word", second, "", f"{first}   # another", *rest]))
    assert recall(other, store) == standin_plan()


def test_a_changed_file_was_not_run(file: Path, store: ContentStore) -> None:
    remember(standin_plan(), file, store)
    file.write_text(SMALL.replace("margin: 2.0", "margin: 3.0"))
    with pytest.raises(
        UserError, match=rf"^{file}: was not run yet, as it is now\n  start it with: ablation run {file}$"
    ):
        recall(file, store)


def test_numbers_and_words_may_be_keys_of_one_mapping(file: Path, store: ContentStore) -> None:
    file.write_text(SMALL.replace("image_size: 8", "image_size: 8, classes: {merge: {7: [a], odd: [b]}}"))
    remember(standin_plan(), file, store)
    assert recall(file, store) == standin_plan()


def test_a_plan_that_an_earlier_version_stored_whole_is_read(file: Path, store: ContentStore) -> None:
    plan = standin_plan()
    remember(plan, file, store)
    (stored,) = (store.root / "plans").iterdir()
    stored.write_text(json.dumps(dataclasses.asdict(plan)))
    assert recall(file, store) == plan


def test_a_plan_of_another_shape_is_refused(file: Path, store: ContentStore) -> None:
    remember(standin_plan(), file, store)
    (stored,) = (store.root / "plans").iterdir()
    stored.write_text(json.dumps({"name": "older"}))
    with pytest.raises(UserError, match="another version of ablation, whose plan this one cannot read"):
        recall(file, store)
