"""Images and parameters for changes of whole batches, and how near two sets of images or numbers are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import ks_2samp
from torch import Tensor

from ablation.recipe.augment.batch.step import Step


def pictures(count: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Smooth coloured images (count, 3, height, width) uint8; the first three are noise, a grey one and a flat one."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, height // 4 + 2, width // 4 + 2, generator=generator)
    images = (F.interpolate(coarse, (height, width), mode="bilinear") * 300 - 20).clamp(0, 255).byte()
    images[0] = torch.randint(256, (3, height, width), dtype=torch.uint8, generator=generator)
    images[1:2] = images[1:2, :1]
    images[2:3] = 77
    return images


def uniform(*shape: int, seed: int = 1) -> Tensor:
    """Numbers in [0, 1), float32."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def assert_near(ours: Tensor, theirs: Iterable[Tensor], equal: float = 1.0, levels: int = 0) -> None:
    """At least a share ``equal`` of the values are equal, and those that are not differ by so many levels at most."""
    expected = torch.stack(list(theirs))
    assert (ours.shape, ours.dtype) == (expected.shape, torch.uint8)
    apart = (ours.int() - expected.int()).abs()
    share = (apart == 0).double().mean().item()
    assert share >= equal, f"only {share} are equal"
    assert apart.max() <= levels, f"some differ by {apart.max()} levels"


def assert_distributed_alike(ours: Tensor, theirs: Tensor) -> None:
    """Many versions of one image, (n, 3, side, side) each, agree in the mean and the spread of every part of it.

    Parts are 4 x 4 pixels; their means may differ by 4 standard errors and a level. The spreads of their pixels may
    differ by 15 %: reading outside of an image, Pillow cuts off where tensors fade to black over half a pixel.
    """
    parts = [F.avg_pool2d(images.float(), 4).flatten(1) for images in (ours, theirs)]
    errors = sum(part.var(dim=0) / len(part) for part in parts) ** 0.5
    means = (parts[0].mean(dim=0) - parts[1].mean(dim=0)).abs()
    assert (means <= 4 * errors + 1).all(), (means / errors).max()
    spreads = [images.float().std(dim=0).mean() for images in (ours, theirs)]
    assert abs(spreads[0] / spreads[1] - 1) < 0.15
    inner = [part.std(dim=0) for part in parts]
    assert ((inner[0] / inner[1] - 1).abs() < 0.25).all(), inner[0] / inner[1]


def spread(images: Tensor, low: float, high: float) -> Tensor:
    """A number for each image, evenly from low to high with both ends, float64."""
    return torch.linspace(low, high, len(images), dtype=torch.float64)


def nearly(interpolation: str) -> dict[str, float]:
    """How near a warp is: where float32 rounds a place or a level the other way, a pixel differs."""
    return {"equal": 0.998, "levels": 255 if interpolation == "nearest" else 1}


def parameters(step: Step, size: tuple[int, int] = (32, 32), count: int = 10_000) -> NDArray[np.float64]:
    """The parameters of a step for many images."""
    return step.parameters(uniform(count, step.draws), *size).numpy()


def drawn(transform: Any, size: tuple[int, int] = (32, 32), count: int = 500) -> list[dict[str, Any]]:
    """What torchvision's transform draws, seeded."""
    image = torch.zeros(3, *size, dtype=torch.uint8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [transform.make_params([image]) for _ in range(count)]


def assert_alike(ours: NDArray[np.float64], theirs: list[float]) -> None:
    """Numbers of one distribution, by the test of Kolmogorov and Smirnov."""
    assert ks_2samp(ours, theirs).pvalue > 1e-3
