from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from older_plans import as_format_1
from small_experiment import SMALL
from standin_plan import standin_plan

from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import PLAN_FORMAT
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan, store_plan
from ablation.invocation import Invocation, Remedy


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "x.yaml").write_text(SMALL)
    return tmp_path / "x.yaml"


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "store")


def asked_by_none(plan: Plan) -> Plan:
    """As it was before it was stored: what was asked for is filled in on reading."""
    return dataclasses.replace(plan, asked_by=None)


def test_what_was_asked_for_is_recalled_under_the_path_and_the_store_of_now(file: Path, store: ContentStore) -> None:
    asked = Invocation("elsewhere/y.yaml", "ladder", ("a.b='c d'",), 3, untuned=True, device="cpu", track=False)
    plan = dataclasses.replace(standin_plan(), asked_by=asked, remedy=Remedy("tune", ("--each",)))
    store_plan(plan, file, store)
    found = load_stored_plan(file, store)
    assert found.invocation == dataclasses.replace(asked, file=str(file), store=str(store.root))
    assert found.remedy == plan.remedy


def test_of_an_older_plan_what_was_asked_for_is_what_the_plan_knows(file: Path, store: ContentStore) -> None:
    plan = dataclasses.replace(
        standin_plan(), overrides=("a.b=1", "without x y"), replicates=12, purpose="confirm", asked_by=None
    )
    store_plan(plan, file, store)
    found = load_stored_plan(file, store, "confirm").invocation
    assert found == Invocation(str(file), "confirm", ("a.b=1",), 12, ("x y",), store=str(store.root))


def test_the_latest_plan_of_a_file_is_recalled(file: Path, store: ContentStore) -> None:
    store_plan(standin_plan(replicates=1), file, store)
    store_plan(standin_plan(replicates=2), file, store)
    assert asked_by_none(load_stored_plan(file, store)) == standin_plan(replicates=2)
    assert [path.suffix for path in (store.root / "plans").iterdir()] == [".json"]


def test_comments_order_of_keys_and_the_files_name_do_not_count(file: Path, store: ContentStore) -> None:
    store_plan(standin_plan(), file, store)
    first, second, *rest = SMALL.splitlines()
    other = file.with_name("other.yaml")
    other.write_text("\n".join(["# a word", second, "", f"{first}   # another", *rest]))
    assert asked_by_none(load_stored_plan(other, store)) == standin_plan()


def test_a_changed_file_was_not_run(file: Path, store: ContentStore) -> None:
    store_plan(standin_plan(), file, store)
    file.write_text(SMALL.replace("margin: 2.0", "margin: 3.0"))
    with pytest.raises(
        UserError,
        match=rf"^{file}: was not run yet, as it is now\n  start it with: ablation run {file} --store {store.root}$",
    ):
        load_stored_plan(file, store)


def test_numbers_and_words_may_be_keys_of_one_mapping(file: Path, store: ContentStore) -> None:
    file.write_text(SMALL.replace("image_size: 8", "image_size: 8, classes: {merge: {7: [a], odd: [b]}}"))
    store_plan(standin_plan(), file, store)
    assert asked_by_none(load_stored_plan(file, store)) == standin_plan()


def stored(store: ContentStore) -> Path:
    (file,) = (store.root / "plans").iterdir()
    return file


def test_a_plan_that_an_earlier_version_stored_is_recalled(file: Path, store: ContentStore) -> None:
    store_plan(standin_plan(), file, store)
    stored(store).write_text(json.dumps(as_format_1(standin_plan())))
    assert asked_by_none(load_stored_plan(file, store)) == standin_plan()


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda content: content[: len(content) // 2],
    lambda content: b"",
    lambda content: b"\xff\xfe",
    lambda content: b"[]",
    lambda content: b'{"name": "older"}',
    lambda content: b'{"stages": []}',
    lambda content: content.replace(b'"variants":[0', b'"variants":[9'),
    lambda content: content.replace(b'"kind":"train"', b'"kind":"trian"'),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("purpose", "command"), [("ladder", "run"), ("confirm", "confirm")])
def test_a_damaged_plan_is_an_error_with_its_file_and_the_command_that_makes_it_again(
    file: Path, store: ContentStore, damage: Callable[[bytes], bytes], purpose: str, command: str
) -> None:
    store_plan(dataclasses.replace(standin_plan(), purpose=purpose), file, store)
    target = stored(store)
    content = target.read_bytes()
    target.write_bytes(damage(content))
    assert target.read_bytes() != content
    message = f"{file}: {target}: its stored plan is damaged, .*\n  make it again .*: ablation {command} {file}"
    with pytest.raises(UserError, match=f"{message} --store {store.root}$"):
        load_stored_plan(file, store, purpose)


def test_a_plan_of_a_newer_format_is_an_error_that_says_so(file: Path, store: ContentStore) -> None:
    store_plan(standin_plan(), file, store)
    target = stored(store)
    target.write_text(json.dumps(json.loads(target.read_text()) | {"format": PLAN_FORMAT + 1}))
    problem = rf"{file}: {target}: a newer .* format {PLAN_FORMAT + 1}; .* up to {PLAN_FORMAT}"
    message = rf"{problem}\n  update .*: ablation run {file}"
    with pytest.raises(UserError, match=f"{message} --store {store.root}$"):
        load_stored_plan(file, store)
