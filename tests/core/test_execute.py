from __future__ import annotations

import json

import torch
from bench import Bench, predictions

from ablation.core import execute
from ablation.core.predict import trained_model
from ablation.core.task import Task


def test_each_stage_leaves_an_outcome_and_its_own_files(bench: Bench) -> None:
    trained = bench.train("trained")
    predicted = bench.predict(trained)
    latency = bench.workspace("latency")
    execute.execute("latency", bench.task() | {"classes": 10}, latency, lambda *_: None)
    assert {file.name for file in trained.folder.iterdir()} == {"outcome.json", "weights.safetensors"}
    assert {file.name for file in predicted.iterdir()} == {"outcome.json", "predictions.npz"}
    assert {file.name for file in latency.output.iterdir()} == {"outcome.json"}


def test_a_task_survives_json(bench: Bench) -> None:
    raw = bench.task({"augment": {"name": "enhanced"}, "loss": {"name": "focal", "alpha": [1.0] * 10}})
    once = Task.from_json(json.loads(json.dumps(raw)))
    again = Task.from_json(raw | {"recipe": json.loads(once.recipe.model_dump_json())})
    assert again == once


def test_the_kept_weights_are_those_of_the_last_epoch(bench: Bench) -> None:
    trained, folder = bench.train("trained"), bench.predict(bench.train("trained"))
    training = bench.training()
    model = trained_model(training.task, trained.folder / "weights.safetensors", 10)
    assert not model.training
    with torch.inference_mode():
        images, _ = training.feed.batch(training.division.test, 0, 0, 0)
        expected = model(images).softmax(1).numpy()
    torch.testing.assert_close(torch.from_numpy(predictions(folder)["probabilities"]), torch.from_numpy(expected))
