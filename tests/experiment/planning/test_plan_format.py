"""Stored plans come back equal, with each recipe written and held once."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladders import plan_of, promised
from older_plans import as_format_1, with_table
from standin_plan import standin_plan

from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.planning.plan import Plan, Rung
from ablation.experiment.planning.plan_format import PLAN_FORMAT, NewerFormatError, dump_plan, load_plan
from ablation.experiment.planning.tuned import Importance, Tuned

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


def test_a_newer_format_is_distinguished_from_damage() -> None:
    stored = json.loads(dump_plan(standin_plan()))
    with pytest.raises(NewerFormatError, match=f"format {PLAN_FORMAT + 1}"):
        load_plan(json.dumps(stored | {"format": PLAN_FORMAT + 1}).encode())
    with pytest.raises(ValueError, match="variants") as refused:
        load_plan(json.dumps(stored | {"variants": None}).encode())
    assert not isinstance(refused.value, NewerFormatError)


PROMISE = Promise("macro_f1", "level", 80.0, 90.0, "a document")
TUNED = Tuned(
    study="x: + c", row="+ c", definition="d", each=False, metric="accuracy", values={"optimizer.lr": 0.1}, number=1,
    score=0.9, own_score=0.8, trials=8, pruned=1, failed=2, replicates=1, sampler="tpe", pruner="none",
    importances=(Importance("optimizer.lr", 0.9, 0.8, 1.0, 0.1, 0.05, 0.15),), own={"optimizer.lr": 0.01},
)  # fmt: skip


def full_plan() -> Plan:
    """A plan with something in every field."""
    rungs = [Rung("a", promised(1, 2), (("x.y", None, "1"),)), Rung("b", (), (), control=True, requires=("a",))]
    return dataclasses.replace(
        plan_of(rungs, 3, leave_one_out=True, notices=["a notice"]),
        stages=standin_plan().stages,
        looks=(3, 5),
        promises=(WiderPromise(("a",), (PROMISE,)),),
        target=PROMISE,
        corruptions=("blur 1",),
        tuned=(TUNED,),
        unplanned=("c",),
        declared_rungs=("a", "b", "c"),
    )


def loaded(raw: dict[str, Any]) -> Plan:
    return load_plan(json.dumps(raw).encode())


@pytest.mark.parametrize("plan", [standin_plan(), full_plan()], ids=["standin", "full"])
def test_every_field_of_format_1_is_read(plan: Plan) -> None:
    raw = as_format_1(plan)
    assert loaded(raw) == plan
    assert loaded(with_table(raw)) == plan


def test_tasks_of_format_1_share_the_rows_of_the_table() -> None:
    raw = with_table(as_format_1(standin_plan()))
    plan = loaded(raw)
    assert len({id(stage.task["recipe"]) for stage in plan.stages.values()}) == len(raw["shared"])


def test_format_1_may_lack_what_later_fields_say() -> None:
    raw = as_format_1(standin_plan())
    for name in ("tuned", "unplanned", "declared", "purpose", "judged_on"):
        del raw[name]
    assert loaded(raw) == standin_plan()


@pytest.mark.parametrize("name", ["ladder", "asked", "runs"])
def test_format_1_may_not_lack_what_has_no_default(name: str) -> None:
    raw = as_format_1(standin_plan())
    del raw[name]
    with pytest.raises(ValueError, match=r"Missing required argument|Field required"):
        loaded(raw)
