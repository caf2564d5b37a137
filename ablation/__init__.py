"""Which of the improvements you were promised really help, by how much, how surely and at what cost.

The contents page; each name is imported when it is first used, so that ``import ablation`` costs nothing. Functions
take the path of an experiment file, or an ``Experiment`` that was built in Python; ``load`` takes a path alone.

    load        an experiment file, validated
    plan        what would be trained, what is there already
    run         train what is missing, record it in MLflow
    status      how far the latest run has come
    results     one tidy row a run, as a pandas frame
    report      the table of measured gains
    export      the table in every format, and the figures, to a folder
    compare     the same rungs in several experiments
    confirm     the final recipe against the baseline, on fresh replicates
    calibrate   the baseline against itself, to check the table's machinery
    tune        look for good settings on validation images, in an Optuna study
    data        the baseline's images, counts and copies across splits
    preview     what a row's augmentation and mixing make of training images
    lr_find     the learning-rate range test of a row
    profile     where a row's training time goes, and what would make it faster
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ablation.errors import UserError
    from ablation.experiment.config.file import Experiment, load
    from ablation.experiment.config.rung import RungSettings
    from ablation.recipe.recipe import Recipe
    from ablation.workflow.inspection import data, lr_find, preview
    from ablation.workflow.options import Options
    from ablation.workflow.outcome import Outcome
    from ablation.workflow.planning import plan
    from ablation.workflow.profiling import profile
    from ablation.workflow.reporting import compare, export, report, results, status
    from ablation.workflow.running import calibrate, confirm, run
    from ablation.workflow.tuning import Search, tune

__version__ = "0.1.0"
"""Of this distribution, as its ``pyproject.toml`` says; another one that is installed may have its name."""

__all__ = [
    "Experiment",
    "Options",
    "Outcome",
    "Recipe",
    "RungSettings",
    "Search",
    "UserError",
    "calibrate",
    "compare",
    "confirm",
    "data",
    "export",
    "load",
    "lr_find",
    "plan",
    "preview",
    "profile",
    "report",
    "results",
    "run",
    "status",
    "tune",
]

_HOMES = {
    "Experiment": "ablation.experiment.config.file",
    "Options": "ablation.workflow.options",
    "Outcome": "ablation.workflow.outcome",
    "Recipe": "ablation.recipe.recipe",
    "RungSettings": "ablation.experiment.config.rung",
    "Search": "ablation.workflow.tuning",
    "UserError": "ablation.errors",
    "calibrate": "ablation.workflow.running",
    "compare": "ablation.workflow.reporting",
    "confirm": "ablation.workflow.running",
    "data": "ablation.workflow.inspection",
    "export": "ablation.workflow.reporting",
    "load": "ablation.experiment.config.file",
    "lr_find": "ablation.workflow.inspection",
    "plan": "ablation.workflow.planning",
    "preview": "ablation.workflow.inspection",
    "profile": "ablation.workflow.profiling",
    "report": "ablation.workflow.reporting",
    "results": "ablation.workflow.reporting",
    "run": "ablation.workflow.running",
    "status": "ablation.workflow.reporting",
    "tune": "ablation.workflow.tuning",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'ablation' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
