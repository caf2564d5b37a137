"""A ladder of four rows with five replicates, an attribution and a frontier, to be drawn."""

from __future__ import annotations

import numpy as np
import pytest
from ladders import LONG, plan_of, results_of

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.table.table import ladder_table
from ablation.analysis.verdict.attribution import Attribution, Effect, RungAttribution
from ablation.stats.paired import paired_t


@pytest.fixture(scope="module")
def plan():
    return plan_of(LONG[:3], replicates=5)


@pytest.fixture(scope="module")
def results(plan):
    generator = np.random.default_rng(0)
    return results_of(plan, {name: 80 + n + generator.normal(0, 1, 5) for n, name in enumerate(plan.ladder_rows)})


@pytest.fixture(scope="module")
def table(plan, results):
    return ladder_table(Evidence(plan, results))


def attributed(rung, alone, left_out) -> RungAttribution:
    effect = {name: Effect(paired_t(np.array([m - 1, m, m + 1.0]))) for name, m in (("a", alone), ("l", left_out))}
    middle = Effect(paired_t(np.array([-1, 0, 1.0]) + (alone + left_out) / 2))
    return RungAttribution(rung, effect["a"], effect["l"], middle, None, None, left_out, alone, 2, (), ())


@pytest.fixture
def credits():
    rows = (attributed("Focal $loss$", 3.0, 1.0), attributed("<b>OneCycle", -2.0, -2.5))
    return Attribution("midpoint", rows, None, None, (), ())


@pytest.fixture
def frontier():
    points = tuple(Candidate(f"only $rung {n}$", (), 80.0 + n, 10.0**n, 10.0**n) for n in range(3))
    return Frontier("train_seconds", points, 9, points[2], points[1])
