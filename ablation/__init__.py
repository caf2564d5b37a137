"""Which of the improvements you were promised really help, by how much, how surely and at what cost.

The contents page; each name is imported when it is first used, so that ``import ablation`` costs nothing.

    load      an experiment file, validated
    plan      what would be trained, what is there already
    run       train what is missing, record it in MLflow
    results   one tidy row a run, as a pandas frame
    report    the cumulative-gain table
    confirm   the final recipe against the baseline, on fresh replicates
    calibrate the baseline against itself, to check the table's machinery
    tune      look for good settings on validation images, in an Optuna study
    compare   the same rungs in several experiments
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ablation.errors import UserError
    from ablation.experiment.config.file import Experiment, RungSettings, load
    from ablation.recipe.recipe import Recipe
    from ablation.workflow import Options, Search, calibrate, compare, confirm, plan, report, results, run, tune

__version__ = "0.1.0"
"""Of this distribution, as its ``pyproject.toml`` says; another one that is installed may have its name."""

__all__ = [
    "Experiment",
    "Options",
    "Recipe",
    "RungSettings",
    "Search",
    "UserError",
    "calibrate",
    "compare",
    "confirm",
    "load",
    "plan",
    "report",
    "results",
    "run",
    "tune",
]

_HOMES = {
    "Experiment": "ablation.experiment.config.file",
    "Options": "ablation.workflow",
    "Recipe": "ablation.recipe.recipe",
    "RungSettings": "ablation.experiment.config.file",
    "Search": "ablation.workflow",
    "UserError": "ablation.errors",
    "calibrate": "ablation.workflow",
    "compare": "ablation.workflow",
    "confirm": "ablation.workflow",
    "load": "ablation.experiment.config.file",
    "plan": "ablation.workflow",
    "report": "ablation.workflow",
    "results": "ablation.workflow",
    "run": "ablation.workflow",
    "tune": "ablation.workflow",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ablation' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
