"""Plans and results as an experiment leaves them: the golden ladder, and a longer one with long names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import FRONTIER_COSTS, frontier
from ablation.analysis.diagnosis.history import Finding
from ablation.analysis.table.conditions import Records
from ablation.analysis.table.table import Table, ladder_table
from ablation.analysis.verdict.looks import looks_of
from ablation.analysis.verdict.validity import margin_in, problems
from ablation.experiment.config.design import Pick, ladder_picks
from ablation.experiment.config.designs import designs as known_designs
from ablation.experiment.config.designs.leave_one_out import leave_one_out as without_each
from ablation.experiment.config.promise_values import Promise
from ablation.experiment.planning.plan import DesignPoint, Plan, Run, Rung, Variant
from ablation.invocation import Invocation
from ablation.metrics.registry import known_metrics

GOLDEN = {
    "baseline": [80.0, 79.0, 81.0, 80.4, 79.6, 80.2],
    "+ aug": [82.0, 81.5, 82.6, 82.5, 81.4, 82.3],
    "+ ls": [82.3, 81.4, 82.9, 82.3, 81.9, 82.5],
    "+ ema": [82.9, 82.2, 83.0, 83.1, 82.3, 82.8],
}


def run_of(variant: str, replicate: int) -> Run:
    """A run whose addresses say what they are."""
    address, train, val, test, latency = (
        f"{kind} {variant} {replicate}" for kind in ("run", "train", "val", "test", "ms")
    )
    return Run(variant, replicate, address, (train,), val, test, {}, (train, val, test), (latency,))


def promised(*accuracy: float) -> tuple[Promise, ...]:
    """A gain in points of accuracy: a number, or the lowest and the highest; nothing without any."""
    return (Promise("accuracy", "gain", accuracy[0], accuracy[-1], "a document"),) if accuracy else ()


def plan_of(
    rungs: Sequence[Rung],
    replicates: int,
    *,
    metric: str = "accuracy",
    protocol: str = "fixed_test",
    leave_one_out: bool = False,
    designs: Sequence[str] = (),
    notices: Sequence[str] = (),
) -> Plan:
    """The rungs under the ladder and other designs, as a planner would have planned them; equal subsets are shared."""
    names, requires = [rung.name for rung in rungs if not rung.control], {rung.name: rung.requires for rung in rungs}
    rows = ladder_picks([rung.name for rung in rungs], controls={rung.name for rung in rungs if rung.control})
    others: list[str] = ["leave_one_out", *designs] if leave_one_out else [*designs]
    asked: list[tuple[str, Pick]] = [("ladder", row) for row in rows]
    asked += [(design, pick) for design in others for pick in known_designs()[design].picks(names, requires)]
    variants: dict[tuple[str, ...], Variant] = {}
    for design, pick in asked:
        variants.setdefault(
            pick.rungs, Variant(pick.name, pick.rungs, (design,), {}, pick.name, execution=pick.execution)
        )
    without = without_each(names, requires) if {"leave_one_out", "both_ends", "full"} & {*others} else []
    return Plan(
        asked_by=Invocation("x.yaml"),
        name="golden",
        key="key",
        parent_key="ladder",
        metric=metric,
        margin=2.0,
        alpha=0.05,
        protocol=protocol,
        seed=0,
        replicates=replicates,
        designs=("ladder", *others),
        looks=(),
        promises=(),
        target=None,
        design_points=tuple(
            DesignPoint(design, pick.rungs, pick.about, variants[pick.rungs].name) for design, pick in asked
        ),
        overrides=("train.epochs=3",),
        rungs=tuple(rungs),
        variants=tuple(variants.values()),
        ladder_rows=tuple(row.name for row in rows),
        left_out={pick.about: variants[pick.rungs].name for pick in without},
        corruptions=(),
        runs=tuple(run_of(each.name, replicate) for each in variants.values() for replicate in range(replicates)),
        stages={},
        dataset={
            "name": "digits",
            "fingerprint": "0123456789abcdef",
            "classes": ["a", "b"],
            "counts": {"train": [200, 100], "val": [40, 20], "test": [400, 400]},
        },
        environment={"processor": "Some CPU", "cores": "2", "system": "Linux", "torch": "2.15.0", "commit": "abc123"},
        notices=tuple(notices),
    )


def results_of(plan: Plan, scores: Mapping[str, Sequence[float]], seed: int = 0) -> pd.DataFrame:
    """Finished runs with the given accuracies in points; every other metric drawn, the same for the same seed."""
    generator = np.random.default_rng(seed)
    rows = []
    for run in plan.runs:
        size = 1 + len(plan.variant(run.variant).rungs)
        row = {"variant": run.variant, "replicate": run.replicate, "status": "finished", "reason": ""}
        row |= {f"{split}/{name}": generator.uniform(0.3, 0.9) for split in ("test", "val") for name in known_metrics()}
        row |= {"test/accuracy": scores[run.variant][run.replicate] / 100}
        row |= {"train_seconds": 10.0 * size, "parameters": 1e6 * size, "epochs": 8, "diverged": False}
        row |= {"latency_ms_1": 2.0 * size, "latency_ms_64": 0.5 * size}
        rows.append(row)
    return pd.DataFrame(rows)


def holed(results: pd.DataFrame, variant: str, replicate: int, status: str = "missing") -> pd.DataFrame:
    """The results with one run that did not finish."""
    frame = results.copy()
    at = (frame["variant"] == variant) & (frame["replicate"] == replicate)
    numbers = frame.columns.difference(["variant", "replicate", "status", "reason"])
    frame["diverged"] = frame["diverged"].astype(object)
    frame.loc[at, numbers] = np.nan
    frame.loc[at, "status"] = status
    if status == "failed":
        frame.loc[at, "reason"] = "out of memory"
    return frame


@pytest.fixture
def golden_plan() -> Plan:
    expects = {"aug": (2.0, 4.0), "ls": (1.0, 2.0), "ema": (0.2, 1.0)}
    return plan_of([Rung(name, promised(*expect), ()) for name, expect in expects.items()], replicates=6)


@pytest.fixture
def golden_results(golden_plan: Plan) -> pd.DataFrame:
    return results_of(golden_plan, GOLDEN)


OVERFITS = Finding("overfitting", 4, "gap_and_rising_loss", {"gap": 0.153, "least": 0.5, "last": 1.0}, None)


def judged(plan: Plan, results: pd.DataFrame, metric: str | None = None) -> Table:
    """The table with all that reports print around it, of runs whose predictions are not at hand."""
    evidence, looks = Evidence(plan, results), looks_of(plan, ())
    shown = evidence.metric(metric or plan.metric)
    chosen_from = results.drop(columns=[name for name in results if str(name).startswith("test/")])
    frontiers = [frontier(plan, chosen_from, shown, margin_in(plan, shown), cost) for cost in FRONTIER_COSTS]
    return ladder_table(
        evidence,
        metric,
        looks,
        problems=problems(evidence, shown, lambda run: {}),
        frontiers=[each for each in frontiers if each],
        records=Records(findings={"+ aug": [[OVERFITS]]}),
    )


LONG = [
    Rung("ResNet-50 with ImageNet weights of 2021 instead of the small network", promised(4, 6), ()),
    Rung("Focal loss", promised(3, 5), ()),
    Rung("Enhanced augmentation", promised(2, 4), ()),
    Rung("OneCycle", (), ()),
    Rung("MixUp|CutMix", promised(1, 2), ()),
    Rung("Test-time augmentation", promised(1, 3), ()),
]


@pytest.fixture
def long_plan() -> Plan:
    return plan_of(LONG, replicates=5, metric="balanced_accuracy", leave_one_out=True, notices=["A masks B."])


@pytest.fixture
def long_results(long_plan: Plan) -> pd.DataFrame:
    """Gains of many sizes, one of them negative; balanced accuracy lies 3 points below accuracy."""
    generator = np.random.default_rng(3)
    gains = dict(zip([rung.name for rung in LONG], (6.0, 0.4, 3.0, -2.5, 0.0, 1.5), strict=True))
    level = {each.name: 60 + sum(gains[name] for name in each.rungs) for each in long_plan.variants}
    luck = generator.normal(0, 1, long_plan.replicates)
    scores = {name: mean + luck + generator.normal(0, 0.7, long_plan.replicates) for name, mean in level.items()}
    frame = results_of(long_plan, scores)
    return frame.assign(**{"test/balanced_accuracy": frame["test/accuracy"] - 0.03})


@pytest.fixture(scope="session")
def make_plan() -> Callable[..., Plan]:
    return plan_of


@pytest.fixture(scope="session")
def make_results() -> Callable[..., pd.DataFrame]:
    return results_of


@pytest.fixture
def with_hole() -> Callable[..., pd.DataFrame]:
    return holed
