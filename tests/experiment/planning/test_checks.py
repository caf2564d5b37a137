"""Which recipes are refused because their parts do not fit, and where the error points."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL, write_experiment

import ablation
from ablation.errors import UserError

OWN = """
import torch

from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.schedule import ScheduleSettings


class Signs(OptimizerSettings):
    name: str

    def build(self, groups, device):
        return torch.optim.Rprop(groups, lr=self.lr)


class Broken(OptimizerSettings):
    name: str

    def build(self, groups, device):
        return torch.optim.SGD(groups, lr=-1)


class Stubborn(ScheduleSettings):
    name: str

    def build(self, optimizer, epochs, steps_per_epoch):
        return torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.1, max_lr=1.0)
"""


def plan(folder: Path, **baseline: Any) -> None:
    """Plan one rung over a baseline with other sections."""
    head = SMALL[: SMALL.index("rungs:")].replace("replicates: 2", "replicates: 1")
    sections = "".join(f"  {name}: {json.dumps(section)}\n" for name, section in baseline.items())
    rungs = "rungs: [{name: Wider, patch: {model: {backbone: {width: 3}}}}]\n"
    file = write_experiment(folder, f"{head}{sections}{rungs}")
    ablation.plan(file, options=ablation.Options(root=folder / "store", device="cpu"))


def refusal(folder: Path, **baseline: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        plan(folder, **baseline)
    return caught.value


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module of a user's optimizers and schedules."""
    module = f"own_checks_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return module


def test_a_schedule_that_moves_a_momentum_is_refused_for_an_optimizer_without(tmp_path: Path, own: str) -> None:
    error = refusal(tmp_path, optimizer=f"{own}:Signs", schedule="onecycle")
    assert error.place.endswith("small.yaml: baseline: schedule.momentum")
    assert error.problem == "Rprop has no momentum that the schedule could move"
    assert error.remedy == "set schedule.momentum: null"


def test_the_remedy_for_an_optimizer_without_momentum_helps(tmp_path: Path, own: str) -> None:
    plan(tmp_path, optimizer=f"{own}:Signs", schedule={"name": "onecycle", "momentum": None})


@pytest.mark.parametrize(
    "optimizer", ["adam", "adamw", "sgd", {"name": "sgd", "momentum": 0, "nesterov": False}], ids=str
)
def test_onecycle_moves_each_of_torchs_own_optimizers(tmp_path: Path, optimizer: Any) -> None:
    plan(tmp_path, optimizer=optimizer, schedule="onecycle")


@pytest.mark.parametrize(
    ("sections", "place", "problem"),
    [
        ({"optimizer": ":Broken"}, "optimizer", ":Broken cannot be built: ValueError: Invalid learning rate: -1"),
        ({"optimizer": ":Signs", "schedule": ":Stubborn"}, "schedule", ":Stubborn cannot move "),
    ],
)
def test_a_users_part_that_cannot_be_built_is_refused_in_its_place(
    tmp_path: Path, own: str, sections: dict[str, str], place: str, problem: str
) -> None:
    named = {section: f"{own}{name}" if name.startswith(":") else name for section, name in sections.items()}
    error = refusal(tmp_path, **named)
    assert error.place.endswith(f"small.yaml: baseline: {place}")
    assert error.problem.startswith(f"{own}{problem}")
    assert error.remedy
