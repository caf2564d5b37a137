from __future__ import annotations

import torch
from bench import Bench

from ablation.core.profiling.probe import seconds_per_image


def test_a_probe_gives_seconds_and_keeps_nothing(bench: Bench) -> None:
    torch.manual_seed(1)
    before, files = torch.get_rng_state(), sorted(bench.folder.rglob("*"))
    assert 0 < seconds_per_image(bench.task({"augment": {"name": "basic"}}), bench.datasets) < 1
    assert torch.equal(torch.get_rng_state(), before)
    assert sorted(bench.folder.rglob("*")) == files


def test_a_probe_of_a_single_step_gives_seconds_too(bench: Bench) -> None:
    assert seconds_per_image(bench.task({"train": {"batch_size": 512}}), bench.datasets) > 0


def test_a_probe_does_not_load_starting_weights(bench: Bench) -> None:
    task = bench.task({"model": {"backbone": "resnet18", "weights": "IMAGENET1K_V1"}})
    assert seconds_per_image(task, bench.datasets) > 0
