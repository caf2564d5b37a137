from __future__ import annotations

import dataclasses
import json

import pytest
from ladders import plan_of, promised
from older_plans import as_format_1, with_table
from standin_plan import standin_plan

from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.planning.plan import Plan, Rung
from ablation.experiment.planning.plan_format_1 import plan_of_format_1
from ablation.experiment.planning.tuned import Importance, Tuned

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


@pytest.mark.parametrize("plan", [standin_plan(), full_plan()], ids=["standin", "full"])
def test_every_field_is_read(plan: Plan) -> None:
    raw = as_format_1(plan)
    assert plan_of_format_1(json.loads(json.dumps(raw))) == plan
    assert plan_of_format_1(json.loads(json.dumps(with_table(raw)))) == plan


def test_tasks_share_the_rows_of_the_table() -> None:
    raw = with_table(as_format_1(standin_plan()))
    plan = plan_of_format_1(json.loads(json.dumps(raw)))
    assert len({id(stage.task["recipe"]) for stage in plan.stages.values()}) == len(raw["shared"])


def test_what_later_fields_say_may_lack() -> None:
    raw = as_format_1(standin_plan())
    for name in ("tuned", "unplanned", "declared", "purpose", "judged_on"):
        del raw[name]
    assert plan_of_format_1(raw) == standin_plan()


@pytest.mark.parametrize("name", ["ladder", "asked", "runs"])
def test_what_has_no_default_may_not(name: str) -> None:
    raw = as_format_1(standin_plan())
    del raw[name]
    with pytest.raises(ValueError, match=r"Missing required argument|Field required"):
        plan_of_format_1(raw)
