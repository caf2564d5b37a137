"""Stored plans come back equal, with each recipe written and held once."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from older_plans import as_format_1
from standin_plan import standin_plan

from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import PLAN_FORMAT, NewerFormatError, dump_plan, load_plan

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
TASKS = st.dictionaries(st.sampled_from(["seed", "folder", "fingerprints", "split", "own"]), JSON, max_size=5)
RECIPES = st.dictionaries(st.text(max_size=3), JSON, max_size=3)


def with_tasks(recipes: list[dict[str, object]], tasks: list[dict[str, object]]) -> Plan:
    """A plan with these recipes and tasks, in turn."""
    plan = standin_plan()
    stages = {
        address: dataclasses.replace(
            stage, task=tasks[number % len(tasks)] | {"recipe": recipes[number % len(recipes)]}
        )
        for number, (address, stage) in enumerate(plan.stages.items())
    }
    variants = tuple(
        dataclasses.replace(variant, recipe=recipes[number % len(recipes)])
        for number, variant in enumerate(plan.variants)
    )
    return dataclasses.replace(plan, stages=stages, variants=variants)


@settings(max_examples=25, deadline=None)
@given(st.lists(RECIPES, min_size=1, max_size=4), st.lists(TASKS, min_size=1, max_size=4))
def test_a_round_trip_gives_an_equal_plan(recipes: list[dict[str, object]], tasks: list[dict[str, object]]) -> None:
    plan = with_tasks(recipes, tasks)
    back = load_plan(dump_plan(plan))
    assert back == plan
    one, other = (json.dumps(dataclasses.asdict(each), sort_keys=True) for each in (plan, back))
    assert one == other  # in which 1, 1.0 and True differ


def test_a_recipe_is_written_once_and_held_once() -> None:
    recipes = [{"name": "first"}, {"name": "second"}]
    plan = with_tasks([*recipes, dict(recipes[0])], [{"seed": 0}, {"seed": 1}])
    text = dump_plan(plan)
    stored = json.loads(text)
    assert stored["recipes"] == recipes
    assert text.count(b'"first"') == 1
    assert len(stored["common"]) == 4  # two recipes under two seeds
    back = load_plan(text)
    held = [variant.recipe for variant in back.variants] + [stage.task["recipe"] for stage in back.stages.values()]
    assert len({id(recipe) for recipe in held}) == 2


def test_writing_changes_nothing_of_the_plan() -> None:
    plan, same = standin_plan(), standin_plan()
    dump_plan(plan)
    assert plan == same


def test_a_plan_carries_the_number_of_its_format() -> None:
    assert json.loads(dump_plan(standin_plan()))["format"] == PLAN_FORMAT


def test_a_plan_without_a_number_is_of_the_format_before() -> None:
    assert load_plan(json.dumps(as_format_1(standin_plan())).encode()) == standin_plan()


def test_a_field_that_came_later_has_its_default() -> None:
    defaults = [field.name for field in dataclasses.fields(Plan) if field.default is not dataclasses.MISSING]
    assert defaults
    stored = json.loads(dump_plan(standin_plan()))
    for name in defaults:
        del stored["plan"][name]
    assert load_plan(json.dumps(stored).encode()) == standin_plan()


def test_a_newer_format_is_told_apart_from_damage() -> None:
    stored = json.loads(dump_plan(standin_plan()))
    with pytest.raises(NewerFormatError, match=f"format {PLAN_FORMAT + 1}"):
        load_plan(json.dumps(stored | {"format": PLAN_FORMAT + 1}).encode())
    with pytest.raises(ValueError, match="variants") as refused:
        load_plan(json.dumps(stored | {"variants": None}).encode())
    assert not isinstance(refused.value, NewerFormatError)
