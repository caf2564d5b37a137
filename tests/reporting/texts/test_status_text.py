from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from rich.console import Console
from standin_plan import standin_plan
from standin_store import finish, finished

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import collect
from ablation.invocation import Invocation
from ablation.reporting.texts.status_text import status_text

ASKED = Invocation("a file of long name.yaml", overrides=("train.epochs=3", "a rung/loss.gamma=1"), replicates=7)


def shown(results: pd.DataFrame, plan: Plan) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=72).print(status_text(results, plan), crop=False)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_runs_are_counted_by_variant_and_state(
    golden_plan: Plan, golden_results: pd.DataFrame, with_hole: Callable[..., pd.DataFrame]
) -> None:
    lines = shown(with_hole(golden_results, "+ ls", 2), golden_plan)
    assert lines[0].split() == ["variant", "finished", "failed", "missing"]
    assert [line.split()[-3:] for line in lines[1:5]] == [
        ["6", "0", "0"],
        ["6", "0", "0"],
        ["5", "0", "1"],
        ["6", "0", "0"],
    ]
    assert [line.split()[0] for line in lines[1:5]] == ["baseline", "+", "+", "+"]
    assert lines[-1] == "23 of 24 runs finished"


def test_every_failure_is_reported_with_its_run_counted_from_one(tmp_path: Path) -> None:
    plan, store = standin_plan(), ContentStore(tmp_path)
    run = next(run for run in plan.runs if run.replicate == 1)
    finish(
        (
            stage
            for stage in plan.stages.values()
            if stage.address != run.train and run.train not in stage.needs.values()
        ),
        store,
    )
    store.fail(run.train, "Traceback\nValueError: [bold] is no batch size\n")
    lines = shown(collect(plan, store), plan)
    assert f"failed: {run.variant}, replicate 2: ValueError: [bold] is no batch size" in lines
    assert lines[-1] == "5 of 6 runs finished"


def test_a_rung_that_waits_for_a_study_is_reported_with_its_command(tmp_path: Path) -> None:
    plan = dataclasses.replace(standin_plan(), unplanned=("[b]Final tuning",), asked_by=ASKED)
    lines = shown(collect(plan, ContentStore(tmp_path)), plan)
    assert any(line.startswith("unplanned: + [b]Final tuning: ") for line in lines)
    assert lines[-1] == "0 of 6 runs finished"
    assert f"  {ASKED.command('tune')}" in lines, "no command is folded, however narrow the window"


def test_missing_runs_are_reported_with_the_command_that_makes_them(tmp_path: Path) -> None:
    plan = dataclasses.replace(standin_plan(), asked_by=ASKED)
    assert f"  {ASKED.again()}" in shown(collect(plan, ContentStore(tmp_path)), plan)
    store = finished(plan, tmp_path)
    assert not any("ablation" in line for line in shown(collect(plan, store), plan))
