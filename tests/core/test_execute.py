from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from bench import Bench, predictions

from ablation.core import execute
from ablation.core.prediction import trained_model
from ablation.stage import OUTCOME


def test_each_stage_leaves_an_outcome_and_its_own_files(bench: Bench) -> None:
    trained = bench.train("trained")
    predicted = bench.predict(trained)
    latency = bench.workspace("latency")
    execute.execute("latency", bench.task() | {"classes": 10}, latency, lambda *_: None)
    assert {file.name for file in trained.folder.iterdir()} == {"outcome.json", "weights.safetensors"}
    assert {file.name for file in predicted.iterdir()} == {"outcome.json", "predictions.npz"}
    assert {file.name for file in latency.output.iterdir()} == {"outcome.json"}


def test_the_kept_weights_are_those_of_the_last_epoch(bench: Bench) -> None:
    trained, folder = bench.train("trained"), bench.predict(bench.train("trained"))
    training = bench.training()
    model = trained_model(training.task, trained.folder / "weights.safetensors", 10)
    assert not model.training
    with torch.inference_mode():
        images, _ = training.loader.batch(training.split.test, 0, 0, 0)
        expected = model(images).softmax(1).numpy()
    torch.testing.assert_close(torch.from_numpy(predictions(folder)["probabilities"]), torch.from_numpy(expected))


def outcome_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / OUTCOME).read_text())
    return found


def test_a_predictions_outcome_has_the_seconds_of_the_network(bench: Bench) -> None:
    began = time.perf_counter()
    spent = outcome_of(bench.predict(bench.train("trained")))["time"]
    assert set(spent) == {"evaluation"}
    assert 0 < spent["evaluation"] < time.perf_counter() - began


def average(bench: Bench, name: str, *members: Path) -> Path:
    """Average predictions under a name of its own; the folder of the outcome."""
    workspace = bench.workspace(name, **{str(number): member for number, member in enumerate(members)})
    execute.execute("average", {"split": "test", "positive": None}, workspace, lambda *_: None)
    return workspace.output


def test_outcomes_have_the_versions_and_the_data_they_were_made_with(bench: Bench) -> None:
    trained = bench.train("trained")
    predicted = bench.predict(trained)
    versions = {"numpy": np.__version__, "torch": torch.__version__, "torchvision": torchvision.__version__}
    made = trained.outcome["made_with"]
    expected = {name: text.partition("+")[0] for name, text in versions.items()}
    assert {name: made[name].partition("+")[0] for name in versions} == expected
    assert platform.python_version().startswith(f"{made['python']}.")
    assert made["data"].split() == sorted(bench.fingerprints.values())
    assert outcome_of(predicted)["made_with"] == made | {"data": bench.fingerprints[8]}


def test_an_average_has_the_data_of_all_its_predictions_once(bench: Bench) -> None:
    small = bench.predict(bench.train("small"))
    large = bench.predict(bench.train("large", {"data": {"image_size": 16}}), {"data": {"image_size": 16}})
    both = average(bench, "both", small, large)
    assert outcome_of(both)["made_with"]["data"].split() == sorted(bench.fingerprints.values())
    assert outcome_of(average(bench, "again", both, small))["made_with"] == outcome_of(both)["made_with"]


def test_an_average_of_older_predictions_has_versions_alone(bench: Bench) -> None:
    predicted = bench.predict(bench.train("trained"))
    older = {name: value for name, value in outcome_of(predicted).items() if name != "made_with"}
    (predicted / OUTCOME).write_text(json.dumps(older))
    made = outcome_of(average(bench, "average", predicted))["made_with"]
    assert sorted(made) == ["numpy", "python", "torch", "torchvision"]
