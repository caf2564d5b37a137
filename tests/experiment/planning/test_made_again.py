from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from standin_plan import standin_plan
from standin_store import finish

from ablation.experiment.planning.made_again import AddressChange, MadeAgain, made_again
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore

BASIS = {
    "core": {"version": "4"},
    "versions": {"torch": "2.14", "device": "cpu"},
    "code": {"ablation.recipe.loss.focal": "a", "ablation.recipe.mix": "b"},
}


def plan(salt: str = "", **parts: dict[str, str]) -> Plan:
    """A plan of three rows that share two trainings, under two replicates; other salts give other addresses."""
    basis = {name: BASIS[name] | parts.get(name, {}) for name in BASIS}
    return dataclasses.replace(standin_plan(salt=salt), basis=basis)


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    """A store in which the first plan is finished."""
    kept = ContentStore(tmp_path)
    finish(list(plan().stages.values()), kept)
    return kept


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        ({"code": {"ablation.recipe.loss.focal": "c"}}, (AddressChange("code", "ablation.recipe.loss.focal"),)),
        ({"versions": {"torch": "2.15"}}, (AddressChange("version", "torch", "2.14", "2.15"),)),
        ({"core": {"version": "5"}, "code": {"ablation.recipe.mix": "c"}}, (AddressChange("earlier"),)),
        ({"code": {"ablation.recipe.loss.other": "c"}}, ()),
    ],
)
def test_the_trainings_that_are_made_again_are_counted_once_with_what_changed(
    store: ContentStore, now: dict[str, dict[str, str]], changes: tuple[AddressChange, ...]
) -> None:
    assert made_again(plan(), plan("new", **now), store) == MadeAgain(4, changes)


def test_a_plan_that_does_not_say_what_it_stood_on_is_of_an_earlier_version(store: ContentStore) -> None:
    last = dataclasses.replace(plan(), basis={})
    assert made_again(last, plan("new"), store) == MadeAgain(4, (AddressChange("earlier"),))


def test_other_data_are_reported_by_the_trainings_own_fingerprints(store: ContentStore) -> None:
    last, new = plan(), plan("new")
    for each, fingerprint in ((last, "old"), (new, "new")):
        for stage in each.stages.values():
            stage.task["fingerprints"] = {"8": fingerprint}  # type: ignore[index]
    assert made_again(last, new, store) == MadeAgain(4, (AddressChange("data"),))


def test_nothing_is_made_again_where_addresses_are_the_same_or_the_new_ones_are_there(store: ContentStore) -> None:
    assert made_again(plan(), plan(), store) is None
    new = plan("new")
    finish([stage for stage in new.stages.values() if not store.has(stage.address)], store)
    assert made_again(plan(), new, store) is None


def test_what_was_never_trained_is_not_made_again(tmp_path: Path) -> None:
    assert made_again(plan(), plan("new"), ContentStore(tmp_path)) is None


def test_another_recipe_or_replicate_is_trained_and_not_made_again(store: ContentStore) -> None:
    new = plan("new")
    others = tuple(dataclasses.replace(each, recipe={"train": {"epochs": 9}}) for each in new.variants)
    assert made_again(plan(), dataclasses.replace(new, variants=others), store) is None
    fresh = tuple(dataclasses.replace(run, replicate=run.replicate + 10) for run in new.runs)
    assert made_again(plan(), dataclasses.replace(new, runs=fresh), store) is None
    half = (dataclasses.replace(new.variants[0], recipe={"train": {"epochs": 9}}), *new.variants[1:])
    again = made_again(plan(), dataclasses.replace(new, variants=half), store)
    assert again is not None
    assert again.trainings == 2
