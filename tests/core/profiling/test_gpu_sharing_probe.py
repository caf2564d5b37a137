from __future__ import annotations

import hashlib
import sys
from multiprocessing.connection import Connection, Pipe
from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench

from ablation.core.profiling.gpu_sharing_messages import Failed, Reading, Ready, Request
from ablation.core.profiling.gpu_sharing_probe import digest, serve_probe
from ablation.core.streams import drawing
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import Stepper


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def answers(bench: Bench, patch: dict[str, Any] | None, *messages: object) -> list[object]:
    """The answers of a probe in this process to a request and the messages after it."""
    ours, theirs = Pipe()
    for each in (Request(bench.task(patch), bench.datasets, bench.folder), *messages):
        ours.send(each)
    serve_probe(theirs)
    return heard(ours)


def heard(connection: Connection[Any, Any]) -> list[object]:
    found = []
    while connection.poll(0):
        found.append(connection.recv())
    return found


def test_a_probe_reports_its_warm_up_and_its_steps(bench: Bench) -> None:
    ready, reading = answers(bench, {"schedule": {"name": "onecycle"}, "train": {"epochs": 1}}, 10, "end")
    assert isinstance(ready, Ready)
    assert isinstance(reading, Reading)
    assert ready.seconds > 0
    assert reading.ended > reading.began
    assert reading.images == sum(len(step) for step in steps_after(bench, skip=4, count=10))
    assert reading.memory is None or 0 < reading.memory < 1


def steps_after(bench: Bench, skip: int, count: int) -> list[np.ndarray]:
    order = [batch for step in bench.training().steps_of(0) for batch in step]
    return (order * (skip + count))[skip : skip + count]


def test_the_digest_is_that_of_the_same_steps_of_the_trainer(bench: Bench) -> None:
    patch = {"model": {"head": {"dropout": 0.3}}, "optimizer": {"name": "sgd"}}
    _, reading = answers(bench, patch, 3, "end")
    training = bench.training(patch)
    state, norms = training.fresh(), GradientNorms([], 4)
    state.model.train()
    stepper = Stepper(training, state)
    steps = list(enumerate(training.steps_of(0)))
    with drawing(training.task.streams.number("dropout", 0), torch.device("cpu")):
        for number, step in (steps * 7)[:7]:
            stepper.take(number, step, norms)
    assert isinstance(reading, Reading)
    assert reading.digest == digest(state.model)


def test_twice_the_same_gives_the_same_digest_and_another_recipe_another(bench: Bench) -> None:
    digests = []
    for patch in (None, None, {"optimizer": {"lr": 1e-4}}):
        _, reading = answers(bench, patch, 5, "end")
        assert isinstance(reading, Reading)
        digests.append(reading.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_digest_covers_names_weights_and_counters() -> None:
    norm = torch.nn.BatchNorm1d(2)
    expected = hashlib.sha256()
    for name, tensor in norm.state_dict().items():
        expected.update(name.encode() + tensor.numpy().tobytes())
    assert digest(norm) == expected.hexdigest()
    before = digest(norm)
    norm.num_batches_tracked += 1
    assert digest(norm) != before


def test_a_task_that_cannot_be_trained_is_reported_in_one_line(bench: Bench) -> None:
    (failed,) = answers(bench, {"model": {"backbone": {"name": "small_cnn", "width": -1}}})
    assert isinstance(failed, Failed)
    assert "ValidationError" in failed.reason
    assert "\n" not in failed.reason


def test_a_probe_whose_other_end_is_gone_ends(bench: Bench) -> None:
    ours, theirs = Pipe()
    ours.send(Request(bench.task(), bench.datasets, bench.folder))
    ours.close()
    with pytest.raises(BrokenPipeError):
        theirs.send("the other end is closed")
    serve_probe(theirs)
