from __future__ import annotations

import torch
from bench import Bench
from bench_jobs import job

from ablation.bench.stopwatch import TrainingStopwatch
from ablation.bench.workload import Material


def test_the_stopwatch_starts_with_the_first_training_batch(bench: Bench) -> None:
    model = Material.of(job(bench)).model()
    images = torch.zeros(2, 3, 8, 8)
    with TrainingStopwatch() as idle:
        model.eval()(images)
    with TrainingStopwatch() as busy:
        model.train()(images)
    assert idle.seconds == 0.0
    assert busy.seconds > 0.0
