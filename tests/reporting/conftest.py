"""Plans and results for tables, figures and records, and two experiments with finished stores."""

from __future__ import annotations

from pathlib import Path

import pytest
from ladders import golden_plan, golden_results, judged, long_plan, long_results, make_plan, make_results, with_hole
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.plan_store import store_plan

__all__ = ["golden_plan", "golden_results", "long_plan", "long_results", "make_plan", "make_results", "with_hole"]


@pytest.fixture
def golden(golden_plan, golden_results):
    return judged(golden_plan, golden_results)


@pytest.fixture(scope="session")
def two_experiments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``one.yaml``, ``two.yaml`` and the store of both, finished with the same numbers."""
    folder = tmp_path_factory.mktemp("home")
    plan = standin_plan(variants=3, replicates=5)
    store = finished(plan, folder / "store")
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(SMALL.replace("name: small", f"name: {name}"))
        store_plan(plan, folder / f"{name}.yaml", store)
    return folder
