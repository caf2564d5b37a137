from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from standin_plan import standin_plan

from ablation.core.profiling.gpu_sharing_messages import Request
from ablation.experiment.execution import gpu_sharing
from ablation.experiment.planning.plan import Plan
from ablation.workflow.gpu_sharing import Measure, with_gpu_jobs
from ablation.workflow.options import Options

FOLDER = Path("experiments").absolute()


def on(device: str) -> Plan:
    recipe: dict[str, Any] = {
        "data": {"image_size": 8},
        "model": {"backbone": "small_cnn"},
        "augment": {},
        "optimizer": {},
        "train": {"threads": 1},
        "phases": {},
    }
    plan = standin_plan()
    stages = {
        address: dataclasses.replace(stage, task={**stage.task, "device": device, "recipe": recipe, "fingerprints": {}})
        for address, stage in plan.stages.items()
    }
    return dataclasses.replace(plan, stages=stages, environment={"processor": "a GPU", "cores": "16", "torch": "2"})


class Probed:
    """Stands for the probe: company pays up to two runs, and it notes what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request, environment: Mapping[str, str]) -> Measure:
        self.requests.append(request)
        assert environment["CUBLAS_WORKSPACE_CONFIG"]
        return lambda count: gpu_sharing.SharedRuns(count, 100.0 * min(count, 2), 0.1 * count, ("same",) * count)


@pytest.fixture(autouse=True)
def sixteen_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablation.workflow.gpu_sharing.processors", lambda: 16)


def test_on_a_gpu_as_many_run_at_once_as_the_probe_finds_and_the_user_learns_why(tmp_path: Path) -> None:
    plan, told, probe = on("cuda"), [], Probed()
    found = with_gpu_jobs(plan, plan.stages, FOLDER, Options(tmp_path), told.append, probe)
    assert found == Options(tmp_path, jobs=2)
    assert told == ["2 at once on this GPU: 4 runs side by side train +0% images per second over 2"]
    assert [each.import_from for each in probe.requests] == [FOLDER]


def test_it_is_probed_once(tmp_path: Path) -> None:
    plan, probe = on("cuda:1"), Probed()
    for _ in range(2):
        found = with_gpu_jobs(plan, plan.stages, FOLDER, Options(tmp_path), lambda _: None, probe)
        assert found.jobs == 2
    assert len(probe.requests) == 1


def test_a_device_that_could_not_be_measured_is_measured_again(tmp_path: Path) -> None:
    plan, told = on("cuda"), []

    def full(request: Request, environment: Mapping[str, str]) -> Measure:
        def measure(count: int) -> gpu_sharing.SharedRuns:
            raise gpu_sharing.ProbeError("OutOfMemoryError: another program holds the GPU")

        return measure

    assert with_gpu_jobs(plan, plan.stages, FOLDER, Options(tmp_path), told.append, full).jobs == 1
    assert "another program" in told[0]
    assert with_gpu_jobs(plan, plan.stages, FOLDER, Options(tmp_path), told.append, Probed()).jobs == 2


def test_other_data_are_another_question(tmp_path: Path) -> None:
    plan, probe = on("cuda"), Probed()
    for fingerprints in ({"8": "small"}, {"8": "large"}):
        stages = {
            address: dataclasses.replace(each, task={**each.task, "fingerprints": fingerprints})
            for address, each in plan.stages.items()
        }
        with_gpu_jobs(plan, stages, FOLDER, Options(tmp_path), lambda _: None, probe)
    assert len(probe.requests) == 2


@pytest.mark.parametrize(
    ("device", "options"), [("cpu", Options()), ("cuda", Options(jobs=3)), ("cuda", Options(jobs=1))], ids=str
)
def test_a_cpu_and_a_users_own_number_are_not_probed(tmp_path: Path, device: str, options: Options) -> None:
    plan, probe = on(device), Probed()
    given = dataclasses.replace(options, root=tmp_path)
    assert with_gpu_jobs(plan, plan.stages, FOLDER, given, lambda _: None, probe) == given
    assert not probe.requests


def test_one_training_shares_no_gpu(tmp_path: Path) -> None:
    plan, probe = on("cuda"), Probed()
    one = {address: stage for address, stage in plan.stages.items() if stage.kind == "train"}
    one = dict(list(one.items())[:1])
    assert with_gpu_jobs(plan, one, FOLDER, Options(tmp_path), lambda _: None, probe) == Options(tmp_path)
    assert not probe.requests
