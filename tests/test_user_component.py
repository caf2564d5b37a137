"""A loss and an augmentation in a file beside the experiment: held to the shipped contract, and cached by source."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow_state
import numpy as np
import pytest
import torch

from ablation.core.execute import execute
from ablation.experiment.config.file import load
from ablation.experiment.planning import source_hashes
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import Workspace
from ablation.tracking.names import Tag

OWN = '''\
"""Parts of our own."""

from __future__ import annotations

from collections.abc import Callable

import torch
from pydantic import Field
from torch import Tensor, nn

from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.cross_entropy import CrossEntropyLoss


class PolyLoss(LossSettings):
    """Poly-1 loss: cross-entropy with its first polynomial term changed.

    Changes     the loss: cross-entropy plus epsilon * (1 - p), p the probability of the true class.
    Helps       where epsilon is tuned to the data.
    Collides    label smoothing, which softens p.
    Cost        none that can be measured.
    Asked by    ourselves.
    Source      Leng et al. 2022, arXiv:2204.12511.
    """

    epsilon: float = Field(1.0, ge=-1)
    """Weight of the first term, >= -1."""

    def build(self, class_weights: Tensor) -> nn.Module:
        return Poly(class_weights, self.epsilon)


class Poly(nn.Module):
    def __init__(self, class_weights: Tensor, epsilon: float) -> None:
        super().__init__()
        self.cross_entropy, self.epsilon = CrossEntropyLoss(class_weights), epsilon

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        charge = self.cross_entropy(logits, target)  # (batch,)
        if target.ndim == 1:
            target = nn.functional.one_hot(target, logits.shape[1])
        return charge + self.epsilon * (1 - (logits.softmax(1) * target).sum(1))


class Inverted(AugmentSettings):
    """Inverted: some images as their negatives.

    Changes     each training image: with a probability, its negative.
    Helps       writing that is dark on light as well as light on dark.
    Collides    nothing.
    Cost        none that can be measured.
    Asked by    ourselves.
    Source      photography.
    """

    probability: float = Field(0.5, gt=0, le=1)
    """Share of the images that are inverted, in (0, 1]."""

    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        return self._perhaps

    def _perhaps(self, image: Tensor) -> Tensor:
        return 255 - image if torch.rand(()) < self.probability else image
'''

SUITE = """\
from ablation.testing import ComponentContract
from own_parts import Inverted, PolyLoss

class TestPolyLoss(ComponentContract):
    component = PolyLoss

class TestInverted(ComponentContract):
    component = Inverted
"""

LEAKY = """\
from ablation.recipe.loss import cross_entropy
from ablation.testing import ComponentContract
from own_parts import PolyLoss

class Leaky(PolyLoss):
    __doc__ = PolyLoss.__doc__

    def build(self, class_weights):
        cross_entropy.CrossEntropy.build = lambda self, weights: cross_entropy.CrossEntropyLoss(0.5 * weights)
        return super().build(class_weights)

class TestLeaky(ComponentContract):
    component = Leaky
"""

EXPERIMENT = """\
name: own
metric: accuracy
margin: 2.0
protocol: fixed_test
replicates: 2
baseline:
  data: {source: digits, image_size: 8, limit: 60}
  model: {backbone: {name: small_cnn, width: 2}}
  train: {epochs: 1, batch_size: 20}
rungs:
  - name: Poly loss
    patch: {loss: {name: "own_parts:PolyLoss", epsilon: 0.5}}
  - name: Negatives
    patch: {augment: {name: "own_parts:Inverted"}}
"""


@pytest.mark.slow
def test_the_shipped_contract_runs_over_them_by_three_lines_each_and_finds_a_fault(tmp_path: Path) -> None:
    (tmp_path / "own_parts.py").write_text(OWN)
    (tmp_path / "test_own.py").write_text(SUITE)
    (tmp_path / "test_zz_leaky.py").write_text(LEAKY)  # in one process with the others, and after them
    done = pytest_in(tmp_path)
    failed = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    off = "test_switched_off_again_it_leaves_the_baseline_as_it_was[Leaky]"
    assert failed == [f"test_zz_leaky.py::TestLeaky::{off}"], done.stdout
    assert re.search(r"^1 failed, \d+ passed in", done.stdout, re.MULTILINE), done.stdout


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """A run of pytest in a folder of the user's, without this project's settings."""
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


Planned = Callable[[str], Plan]


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planned]:
    """Writes the user's file and plans, as a new process would."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own.yaml").write_text(EXPERIMENT)

    def plan(source: str) -> Plan:
        forget()
        (tmp_path / "own_parts.py").write_text(source)
        store = ContentStore(tmp_path / "store")
        return make_plan(PlanningContext(load(tmp_path / "own.yaml"), store, torch.device("cpu"), "own.yaml"))

    yield plan
    forget()


def forget() -> None:
    sys.modules.pop("own_parts", None)
    importlib.invalidate_caches()
    for cached in (source_hashes._reached, source_hashes._imports, source_hashes.source_hash):
        cached.cache_clear()


def trainings(plan: Plan) -> list[str]:
    """The addresses of the trainings of replicate 0: baseline, loss, loss and augmentation."""
    return [run.train for name in plan.ladder_rows for run in plan.runs_of(name) if run.replicate == 0]


def test_a_users_components_are_trained_with_from_yaml(planned: Planned, tmp_path: Path) -> None:
    plan = planned(OWN)
    losses = []
    for number, address in enumerate(trainings(plan)):
        folder = tmp_path / str(number)
        folder.mkdir()
        workspace = Workspace(folder, folder, {}, tmp_path / "store" / "datasets", checkpoint_seconds=1e9)
        execute("train", plan.stages[address].task, workspace, lambda _, record: losses.append(record["train/loss"]))
    assert np.isfinite(losses).all()
    assert len(set(losses)) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# (batch,)", "# one for each example"),
        ("Parts of our own.", "Our parts."),
        ("none that can be measured", "nothing"),
        ("charge = ", "charge  =  "),
    ],
)
def test_what_changes_no_number_changes_no_training(planned: Planned, old: str, new: str) -> None:
    assert trainings(planned(OWN.replace(old, new))) == trainings(planned(OWN))


def test_code_that_changes_is_trained_again_and_the_baseline_is_not(planned: Planned) -> None:
    before, after = trainings(planned(OWN)), trainings(planned(OWN.replace("(1 - (logits", "(2 - (logits")))
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, False]


@pytest.mark.slow
def test_a_first_run_trains_with_them_and_puts_their_models_on_record(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "own_parts.py").write_text(OWN)
    (tmp_path / "experiments" / "own.yaml").write_text(EXPERIMENT)
    command = [sys.executable, "-m", "ablation.cli", "run", "experiments/own.yaml", "--device", "cpu"]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "late" not in done.stderr
    models = [
        run for run in mlflow_state.by_role(tmp_path / "mlruns", "own")["replicate"] if Tag.MODEL in run.data.tags
    ]
    assert {run.data.tags["variant"] for run in models} == {"baseline", "+ Negatives"}
