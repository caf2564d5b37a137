"""Plans of thousands of runs: what is the same under all replicates is worked out and written once."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from frozen_study import context_of

from ablation.experiment.config.file import load
from ablation.experiment.planning import addresses
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan, store_plan


def file_of(folder: Path, variants: int, replicates: int) -> Path:
    rungs = [{"name": f"rate {n}", "patch": {"optimizer": {"lr": 1e-5 * n}}} for n in range(1, variants)]
    content = {
        "name": "large",
        "metric": "balanced_accuracy",
        "margin": 2.0,
        "protocol": "fixed_test",
        "replicates": replicates,
        "baseline": {"data": {"source": "digits", "image_size": 8}, "model": {"backbone": "small_cnn"}},
        "rungs": rungs,
        "designs": ["ladder"],
    }
    file = folder / f"{variants} x {replicates}.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def planned(folder: Path, variants: int, replicates: int) -> Plan:
    experiment = load(file_of(folder, variants, replicates))
    return make_plan(context_of(experiment, folder))


def test_replicates_ask_nothing_again_of_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(name: str) -> Callable[..., Any]:
        found = getattr(addresses, name)

        def call(*given: Any) -> Any:
            calls.append(name)
            return found(*given)

        return call

    calls: list[str] = []
    for name in ("train_template", "predict_template", "latency_address", "sources"):
        monkeypatch.setattr(addresses, name, counted(name))
    planned(tmp_path, 3, 2)
    few = len(calls)
    calls.clear()
    plan = planned(tmp_path, 3, 20)
    assert len(calls) == few
    assert len({id(stage.task["recipe"]) for stage in plan.stages.values()}) <= 3 * 3  # part, predictions, latency


def test_a_stored_plan_has_each_recipe_once_and_gives_it_back_as_one_object(tmp_path: Path) -> None:
    small, large = planned(tmp_path, 3, 1), planned(tmp_path, 3, 21)
    grown = (len(dump_plan(large)) - len(dump_plan(small))) / (len(large.runs) - len(small.runs))
    assert grown < 2000  # bytes a run; a recipe alone has more
    back = load_plan(dump_plan(large))
    assert back == large
    recipes = [stage.task["recipe"] for stage in back.stages.values()]
    recipes += [variant.recipe for variant in back.variants]
    assert len({id(recipe) for recipe in recipes}) == len({json.dumps(recipe) for recipe in recipes}) == 3


@pytest.mark.slow
def test_ten_thousand_runs_are_planned_and_stored_in_three_seconds(tmp_path: Path) -> None:
    file, store = file_of(tmp_path, 50, 205), ContentStore(tmp_path / "store")
    experiment, best = load(file), float("inf")
    planned(tmp_path, 2, 1)  # imports, and the images are decoded
    for _ in range(3):
        before = time.process_time()
        plan = make_plan(context_of(experiment, tmp_path))
        store_plan(plan, file, store)
        back = load_stored_plan(file, store)
        best = min(best, time.process_time() - before)
    assert len(plan.runs) >= 10_000
    assert dataclasses.replace(back, asked_by=plan.asked_by) == plan
    assert best < 3.0
