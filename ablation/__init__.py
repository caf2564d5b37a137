"""Which of the improvements you were promised really help, by how much, how surely and at what cost.

Each name is imported when it is first used, so that ``import ablation`` costs nothing. An experiment is the path of a
file, or an ``Experiment`` that was built in Python (``load`` takes a path alone); ``Options`` say where the store is.

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
    from ablation.workflow.inspection import data, lr_find, preview, profile
    from ablation.workflow.options import Options
    from ablation.workflow.planning import plan
    from ablation.workflow.reporting import Outcome, compare, export, report, results, status
    from ablation.workflow.running import calibrate, confirm, run
    from ablation.workflow.tuning import Search, tune

__version__ = "0.1.0"
"""Of this distribution, as its ``pyproject.toml`` says; another one that is installed may have its name."""

__all__ = ["Experiment", "Options", "Outcome", "Recipe", "RungSettings", "Search", "UserError"]
__all__ += ["calibrate", "confirm", "load", "plan", "run", "tune"]
__all__ += ["compare", "export", "report", "results", "status"]
__all__ += ["data", "lr_find", "preview", "profile"]

_NAMES = {
    "ablation.errors": ("UserError",),
    "ablation.experiment.config.file": ("Experiment", "load"),
    "ablation.experiment.config.rung": ("RungSettings",),
    "ablation.recipe.recipe": ("Recipe",),
    "ablation.workflow.inspection": ("data", "lr_find", "preview", "profile"),
    "ablation.workflow.options": ("Options",),
    "ablation.workflow.planning": ("plan",),
    "ablation.workflow.reporting": ("Outcome", "compare", "export", "report", "results", "status"),
    "ablation.workflow.running": ("calibrate", "confirm", "run"),
    "ablation.workflow.tuning": ("Search", "tune"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'ablation' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
