"""Hostile names, and details as a store would give them."""

from __future__ import annotations

import numpy as np
import pytest
from ladders import plan_of, promised, results_of

from ablation.analysis.diagnosis.history import Finding
from ablation.analysis.verdict.details import ByClass, Details, RowDetails
from ablation.experiment.planning.plan import Rung

HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" &amp; \'',
    "$x$ \\input{/etc/passwd} $\\frac{$",
    "\N{RIGHT-TO-LEFT OVERRIDE}desrever\x1b[31m\x00\x07 ]]> -->",
    "W" * 60,
)

HISTORY = [
    {"epoch": e, "train/loss": 1 / e, "val/loss": 2 / e, "train/accuracy": 0.5, "val/accuracy": 0.4, "lr": 0.1}
    for e in (1, 2, 3)
]


def one_class(name: str) -> Finding:
    return Finding("one_class", 2, "one_answer", {"name": name, "share": 0.97}, None)


def details_of(plan, classes=("a", "b"), finished=None, failures=()) -> Details:
    """Every row tested on ten images a class and replicate, of which it finds a few more than the row before."""
    generator, rows, number = np.random.default_rng(0), [], len(classes)
    for place, variant in enumerate(plan.ladder_rows):
        found = generator.binomial(10, 0.4 + 0.05 * place, (plan.replicates, number))
        confusion = np.diag(found.sum(axis=0)) + np.roll(np.diag((10 - found).sum(axis=0)), 1, axis=1)
        done = plan.replicates if finished is None or place != 1 else finished
        rows.append(
            RowDetails(
                variant=variant,
                differences=(("loss.gamma", None, f"'{variant}'"),) if place else (),
                replicates=plan.replicates,
                finished=done,
                failures=failures if done < plan.replicates else (),
                by_class=ByClass(tuple(classes), confusion, found / 10) if done else None,
                history=HISTORY if done else (),
                trained=0 if done else None,
                findings=(one_class(classes[0]),) if place == 1 else (),
            )
        )
    return tuple(rows)


@pytest.fixture
def hostile_plan():
    return plan_of([Rung(name, promised(1, 2), ()) for name in HOSTILE], replicates=5)


@pytest.fixture
def hostile_results(hostile_plan):
    generator = np.random.default_rng(1)
    scores = {each.name: generator.normal(80 + len(each.rungs), 1, 5) for each in hostile_plan.variants}
    return results_of(hostile_plan, scores)


@pytest.fixture(scope="session")
def make_details():
    return details_of
