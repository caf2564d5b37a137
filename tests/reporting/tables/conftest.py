"""Tables that try a rendering: everything at once, a hole in it, and names that mean harm."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ladders import judged, plan_of, promised, results_of
from tuned_ladder import SCORES, tuned_ladder, tuned_of, waiting_ladder

from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.planning.plan import Plan, Rung

HOSTILE = (
    "<script>alert(1)</script>",
    "$x_1$ a|b",
    "\\input{/etc/passwd} 5 % # & ~ ^",
    "[link](http://x) *b* _i_ `c`",
    "1. one -- two\n\nthree",
    "\x1b[31mred \N{RIGHT-TO-LEFT OVERRIDE}desrever",
    "\N{GRINNING FACE} Čašaé γ = 2 ± ½ 日本",
)


@pytest.fixture(scope="session")
def rich_plan() -> Plan:
    """Everything that a table can hold: promises of all kinds, a target, a control, attribution, spoilt images."""
    rungs = (
        Rung("ResNet-18", promised(1, 3), ()),
        Rung("A/A", (), (), control=True),
        Rung("Focal loss", (*promised(3, 5), Promise("latency_ms_1", "ratio", 1, 1, "a document")), ()),
        Rung("OneCycle", promised(2), ()),
    )
    everything = ("ResNet-18", "Focal loss", "OneCycle")
    return dataclasses.replace(
        plan_of(rungs, 6, designs=["full"], notices=["A masks B."]),
        promises=(
            WiderPromise(everything, promised(6, 9)),
            WiderPromise((), (Promise("parameters", "level", 1, 2e6, ""),)),
        ),
        target=Promise("accuracy", "level", 80, 80, "a document"),
        corruptions=("blur", "noise"),
    )


@pytest.fixture(scope="session")
def rich_results(rich_plan):
    generator = np.random.default_rng(0)
    luck = generator.normal(0, 0.5, 6)
    level = {each.name: 80 + 1.7 * len([name for name in each.rungs if name != "A/A"]) for each in rich_plan.variants}
    scores = {name: mean + luck + generator.normal(0, 0.4, 6) for name, mean in level.items()}
    scores["+ A/A"] = scores["+ ResNet-18"]
    frame = results_of(rich_plan, scores)
    spoilt = {f"test/{label}/accuracy": frame["test/accuracy"] - 0.2 for label in rich_plan.corruptions}
    return frame.assign(**spoilt)


@pytest.fixture(scope="session")
def rich(rich_plan, rich_results):
    return judged(rich_plan, rich_results)


@pytest.fixture
def holed_table(long_plan, long_results, with_hole):
    return judged(long_plan, with_hole(long_results, "all but OneCycle", 2, "failed"))


@pytest.fixture(scope="session")
def hostile_table():
    plan = plan_of(
        [Rung(name, promised(1, 2), ()) for name in HOSTILE],
        5,
        notices=["<b>| $ \\input{x} \\end{table}"],
        designs=["both_ends"],
    )
    generator = np.random.default_rng(1)
    scores = {each.name: 50 + len(each.rungs) + generator.normal(0, 1, 5) for each in plan.variants}
    frame = results_of(plan, scores)
    last = plan.left_out[HOSTILE[0]]
    at = (frame["variant"] == last) & (frame["replicate"] == 0)
    frame.loc[at, ["status", "reason", "test/accuracy"]] = ["failed", "<script>$\\input{y}|", np.nan]
    return judged(dataclasses.replace(plan, name="x$_{y}%\\end{table}<script>"), frame)


@pytest.fixture
def tuned_table():
    """A study whose name, settings and values mean harm."""
    values = {f"loss.{name}": name for name in HOSTILE}
    tuned = tuned_of(study=HOSTILE[2], values=values, own=values, patch={"loss": {each: each for each in HOSTILE}})
    plan = dataclasses.replace(tuned_ladder(), tuned=(tuned,))
    return judged(plan, results_of(plan, SCORES))


@pytest.fixture
def waiting_table():
    plan = dataclasses.replace(waiting_ladder(), unplanned=HOSTILE)
    return judged(plan, results_of(plan, SCORES))
