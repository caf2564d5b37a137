"""Studies of a plain function in place of trainings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.study_plan import Draw, StudyPlan
from ablation.tuning.storage import OpenedStorage
from ablation.tuning.study import open_study
from ablation.tuning.trial_queue import TrialEnd, TrialQueue

RATE = Parameter("optimizer.lr", "float", 1e-2, 1e-5, 1e-1, log=True)
LOSS = Parameter("loss", "categorical", "focal", choices=("focal", {"name": "poly", "epsilon": 1.0}))
GAMMA = Parameter("loss.gamma", "float", 4.0, 0.0, 5.0)
SPACE = SearchSpace((RATE, LOSS, GAMMA), ())
OWN: dict[str, Any] = {"optimizer.lr": 1e-2, "loss": "focal", "loss.gamma": 4.0}


def function_plan(**changed: Any) -> StudyPlan:
    """A study of a rate, a loss, and a gamma that only one of the losses has; balanced accuracy is maximized."""
    plan: dict[str, Any] = {
        "name": "digits: + Focal loss",
        "experiment": "digits",
        "row": "+ Focal loss",
        "definition": "d1",
        "conditions": {"data.limit": "100", "metric": "balanced_accuracy"},
        "space": SPACE,
        "sampler": "tpe",
        "pruner": "none",
        "trials": 6,
        "minutes": None,
        "replicates": 1,
        "metric": "balanced_accuracy",
        "seed": 0,
        "epochs": 10,
    }
    return StudyPlan(**plan | changed)


def suggest(draw: Draw) -> dict[str, Any]:
    """Through ``SPACE``: gamma only where the loss is focal."""
    values = {"optimizer.lr": draw(RATE), "loss": draw(LOSS)}
    return values | {"loss.gamma": draw(GAMMA)} if values["loss"] == "focal" else values


def score(values: Mapping[str, Any]) -> float:
    """Best, 1, at a rate of 1e-3 and focal loss with gamma 2."""
    off = (math.log10(values["optimizer.lr"]) + 3) ** 2
    return 1 - off - ((values["loss.gamma"] - 2) / 2.5) ** 2 if "loss.gamma" in values else 0.5 - off


def queue_of(opened: OpenedStorage, root: Path, **changed: Any) -> TrialQueue:
    plan = function_plan(**changed)
    return TrialQueue(open_study(opened, plan, OWN), plan, root, suggest)


def work(queue: TrialQueue, most: int = 1000) -> list[dict[str, Any]]:
    """Take and score trials until there is none, or ``most``; gives the values that were tried."""
    tried: list[dict[str, Any]] = []
    while len(tried) < most and (taken := queue.take()):
        queue.hand_in(taken, TrialEnd("complete", score(taken.values)))
        tried.append(taken.values)
    return tried
