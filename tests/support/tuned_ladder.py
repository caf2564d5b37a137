"""Frozen studies, and ladders whose rows took the best of them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from ladders import plan_of, promised

from ablation.experiment.planning.plan import Plan, Rung
from ablation.experiment.planning.tuned import Importance, Tuned

RUNGS = (
    Rung("Focal loss", promised(1, 3), ()),
    Rung("OneCycle", promised(1, 2), ()),
    Rung("Final tuning", promised(1, 2), (("optimizer.lr", "0.001", "0.0024123456789"),)),
)
SCORES = {
    "baseline": [80.0, 79.0, 81.0, 80.4, 79.6],
    "+ Focal loss": [82.0, 81.5, 82.6, 82.5, 81.4],
    "+ OneCycle": [82.3, 81.4, 82.9, 82.3, 81.9],
    "+ Final tuning": [82.9, 82.2, 83.0, 83.1, 82.3],
}


def tuned_of(**changes: Any) -> Tuned:
    """A study of twenty trials, of which three were pruned and one failed; two of four settings are told apart."""
    tuned = Tuned(
        study="golden: + OneCycle",
        row="+ OneCycle",
        definition="d" * 64,
        each=False,
        metric="accuracy",
        values={"loss.gamma": 1.4312345, "optimizer.lr": 0.0024123456789, "loss.alpha": None, "augment.policy": "a, b"},
        number=7,
        score=0.9234,
        own_score=0.9102,
        trials=20,
        pruned=3,
        failed=1,
        replicates=2,
        sampler="tpe",
        pruner="median",
        importances=(
            Importance("optimizer.lr", 0.61, 0.40, 0.80, 0.012, 0.003, 0.024),
            Importance("loss.gamma", 0.21, 0.05, 0.40, 0.004, -0.003, 0.011),
            Importance("loss.alpha", 0.10, 0.00, 0.30, math.nan, math.nan, math.nan),
        ),
        own={"loss.gamma": 2.0, "optimizer.lr": 0.001, "loss.alpha": None},
        patch={
            "loss": {"gamma": 1.4312345, "alpha": None},
            "optimizer": {"lr": 0.0024123456789},
            "augment": {"policy": "a, b"},
        },
    )
    return dataclasses.replace(tuned, **changes)


def tuned_ladder(leave_one_out: bool = False) -> Plan:
    """The last row took the best of a study of the row above it."""
    plan = plan_of(RUNGS, 5, leave_one_out=leave_one_out)
    return dataclasses.replace(
        plan,
        variants=tuple(
            dataclasses.replace(each, trials=20 if "Final tuning" in each.rungs else 0) for each in plan.variants
        ),
        tuned=(tuned_of(),),
    )


def each_ladder(*trials: int) -> Plan:
    """Every row took the best of a study of its own, of so many trials."""
    plan = plan_of(RUNGS[:2], 5)
    variants = tuple(dataclasses.replace(each, trials=n) for each, n in zip(plan.variants, trials, strict=True))
    studies = tuple(
        tuned_of(study=f"golden: each {each.name}", row=each.name, each=True, trials=each.trials, importances=())
        for each in variants
    )
    return dataclasses.replace(plan, variants=variants, tuned=studies)


def waiting_ladder() -> Plan:
    """The tuned rung has no study yet."""
    return dataclasses.replace(plan_of(RUNGS[:2], 5), unplanned=("Final tuning",))
