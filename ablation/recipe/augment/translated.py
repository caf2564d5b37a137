"""Transforms of Albumentations 1.x, which the documents' snippets use, in the names of today's version.

Values that a snippet omits are the defaults of version 1.3. Geometric transforms there reflected the image at its
edges; today's default is black.
"""

from __future__ import annotations

from typing import Any

REFLECT = 4
"""OpenCV's ``BORDER_REFLECT_101``."""

WRITTEN_FOR = 224
"""Side in pixels of the images that the documents' holes were chosen for."""


def elastic(alpha: float, sigma: float) -> dict[str, Any]:
    """``ElasticTransform(alpha, sigma)``, without the affine change that ``alpha_affine`` once added."""
    return {"ElasticTransform": {"alpha": alpha, "sigma": sigma, "border_mode": REFLECT}}


def grid_distortion(num_steps: int, distort_limit: float) -> dict[str, Any]:
    """``GridDistortion(num_steps, distort_limit)``; ``normalized`` is new, and its default would weaken it."""
    limits = {"num_steps": num_steps, "distort_limit": distort_limit}
    return {"GridDistortion": {**limits, "normalized": False, "border_mode": REFLECT}}


def gauss_noise(least: float = 10.0, most: float = 50.0) -> dict[str, Any]:
    """``GaussNoise(var_limit=(least, most))``: variances of pixels in 0..255 as standard deviations in 0..1."""
    return {"GaussNoise": {"std_range": [least**0.5 / 255, most**0.5 / 255]}}


def gaussian_blur(*sizes: int) -> dict[str, Any]:
    """``GaussianBlur(blur_limit=(3, 7))``: one of the kernel sizes, its sigma by OpenCV's rule for that size."""
    sigmas = {size: round(0.3 * ((size - 1) * 0.5 - 1) + 0.8, 6) for size in sizes}
    kernels = [{"GaussianBlur": {"blur_limit": [k, k], "sigma_limit": [s, s]}} for k, s in sigmas.items()]
    return {"OneOf": {"transforms": kernels}}


def coarse_dropout(holes: int, side: int, image_size: int) -> dict[str, Any]:
    """``CoarseDropout(max_holes, max_height, max_width)``: exactly ``holes`` black squares, scaled with the image."""
    pixels = max(1, round(side * image_size / WRITTEN_FOR))
    size = [pixels, pixels]
    return {"CoarseDropout": {"num_holes_range": [holes, holes], "hole_height_range": size, "hole_width_range": size}}
