from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from standin_plan import standin_plan
from standin_store import finish

from ablation.analysis.verdict.tuning import Unplanned, unplanned
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import collect
from ablation.reporting.texts.status_text import status_text


def shown(results: pd.DataFrame, unplanned: Sequence[Unplanned] = ()) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=120).print(status_text(results, unplanned))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_runs_are_counted_by_variant_and_state(
    golden_plan: Plan, golden_results: pd.DataFrame, with_hole: Callable[..., pd.DataFrame]
) -> None:
    lines = shown(with_hole(golden_results, "+ ls", 2))
    assert lines[0].split() == ["variant", "finished", "failed", "missing"]
    assert [line.split()[-3:] for line in lines[1:5]] == [
        ["6", "0", "0"],
        ["6", "0", "0"],
        ["5", "0", "1"],
        ["6", "0", "0"],
    ]
    assert [line.split()[0] for line in lines[1:5]] == ["baseline", "+", "+", "+"]
    assert lines[-1] == "23 of 24 runs finished"


def test_every_failure_is_told_with_its_run_counted_from_one(tmp_path: Path) -> None:
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
    lines = shown(collect(plan, store))
    assert f"failed: {run.variant}, replicate 2: ValueError: [bold] is no batch size" in lines
    assert lines[-1] == "5 of 6 runs finished"


def test_a_rung_that_waits_for_a_study_is_told_with_its_command(tmp_path: Path) -> None:
    plan = dataclasses.replace(standin_plan(), unplanned=("[b]Final tuning",))
    lines = shown(collect(plan, ContentStore(tmp_path)), unplanned(plan, "x.yaml"))
    assert next(line for line in lines if line.startswith("unplanned: + [b]Final tuning: ")).endswith("tune x.yaml")
    assert lines[-1] == "0 of 6 runs finished"
