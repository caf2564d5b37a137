from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from bench import Bench

from ablation.core.input.pixels import RESIDENT_SHARE, Pixels, to_device

CPU = torch.device("cpu")


def test_images_on_the_host_are_gathered_as_they_are(bench: Bench) -> None:
    training = bench.training()
    pixels, ids = training.pixels, np.array([5, 2, 5])
    assert pixels.resident is None
    np.testing.assert_array_equal(pixels.batch(ids).permute(0, 2, 3, 1).numpy(), training.dataset.images[ids])


def test_a_memory_mapped_file_is_read_and_not_written(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    pixels, ids = Pixels(np.load(tmp_path / "images.npy", mmap_mode="r"), CPU), np.array([3, 3, 0])
    batch = pixels.batch(ids)
    assert np.array_equal(batch.permute(0, 2, 3, 1).numpy(), images[ids])
    batch.zero_()
    assert np.array_equal(np.load(tmp_path / "images.npy"), images)


def test_on_the_cpu_nothing_is_copied() -> None:
    values = torch.ones(3)
    assert to_device(values, CPU) is values


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_images_that_fit_stay_on_the_gpu_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    images, device, ids = np.arange(4 * 12, dtype=np.uint8).reshape(4, 2, 2, 3), torch.device("cuda"), np.array([2, 0])
    resident = Pixels.of(images, device)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (0, images.nbytes / RESIDENT_SHARE - 1))
    too_large = Pixels.of(images, device)
    assert resident.resident is not None
    assert too_large.resident is None
    assert torch.equal(resident.batch(ids).cpu(), too_large.batch(ids).cpu())
