from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished

import ablation
from ablation.experiment.store.plan_store import store_plan


@pytest.mark.parametrize("make", [str, Path])
def test_a_store_is_named_by_a_text_or_a_path(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    file, plan = tmp_path / "x.yaml", standin_plan()
    file.write_text(SMALL)
    store = finished(plan, tmp_path / "store")
    store_plan(plan, file, store)
    options = ablation.Options(root=make(store.root))
    assert options.store == store
    assert len(ablation.results(file, options)) == len(plan.runs)
    assert options.invocation("x.yaml").command("report") == f"ablation report x.yaml --store {store.root}"
