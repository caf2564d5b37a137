from __future__ import annotations

import json

import pytest
from bench import Bench

from ablation.core import execute
from ablation.core.profiling import latency
from ablation.core.profiling.latency import latency as measured
from ablation.core.task import Task
from ablation.recipe.model import build_model


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_SECONDS", 0.0)


def test_a_measurement_gives_milliseconds_an_image_and_the_size_of_the_model(bench: Bench) -> None:
    workspace = bench.workspace("latency")
    execute.execute("latency", bench.task() | {"classes": 10}, workspace, lambda *_: None)
    found = json.loads((workspace.output / "outcome.json").read_text())
    model = build_model(Task.from_json(bench.task()).recipe.model, 10, 16)
    assert found["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert 0 < found["latency_ms_64"] < found["latency_ms_1"] < 1000


def test_views_cost_time(bench: Bench) -> None:
    width = {"model": {"backbone": {"width": 32}}}
    one, many = (
        measured(Task.from_json(bench.task(width | {"inference": {"tta": tta}})), 10)["latency_ms_64"]
        for tta in (["identity"], ["identity", "hflip", "vflip", "shift"])
    )
    assert many > 1.5 * one
