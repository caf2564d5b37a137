"""What travels between processes."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from bench import Bench
from bench_jobs import job

from ablation.bench.job import Answer, Job, TrainingStopwatch
from ablation.bench.workload import Material


def test_a_job_comes_back_from_json(bench: Bench) -> None:
    told = job(bench, split="test")
    assert Job.from_json(told.to_json()) == told


def test_another_number_of_threads_changes_nothing_else(bench: Bench) -> None:
    told = job(bench)
    assert told.on(3).threads == 3
    assert told.on(3).on(1) == told
    assert told.threads == 1


@pytest.mark.parametrize("accuracy", [None, 0.5])
def test_an_answer_is_the_last_line_of_what_a_trainer_prints(accuracy: float | None) -> None:
    answer = Answer(1.25, 300, 0.75, accuracy)
    assert Answer.from_output(f'GPU available: False\n{{"not": "it"}}\n\n{answer.to_json()}\n') == answer


@pytest.mark.parametrize("text", ["", "\n", "Killed", '{"seconds": 1}', "3"])
def test_what_is_no_answer_is_reported(text: str) -> None:
    with pytest.raises(ValueError, match="no answer"):
        Answer.from_output(text)


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Answer(1.0, 1, 1.0).seconds = 2.0  # type: ignore[misc]


def test_the_stopwatch_starts_with_the_first_training_batch(bench: Bench) -> None:
    model = Material.of(job(bench)).model()
    images = torch.zeros(2, 3, 8, 8)
    with TrainingStopwatch() as idle:
        model.eval()(images)
    with TrainingStopwatch() as busy:
        model.train()(images)
    assert idle.seconds == 0.0
    assert busy.seconds > 0.0
