"""Rectangles: the first try that fits."""

from __future__ import annotations

import torch

from ablation.recipe.augment.batch.boxes import Boxes


def test_the_first_try_that_fits_is_taken_and_else_the_way_out() -> None:
    boxes = Boxes(10, 10, (0.0, 4.0), (1.0, 1.0), (1, 1), (10, 10), (1, 2, 3, 4))
    numbers = torch.zeros(4, 22)
    numbers[:, :10] = 0.9  # an area of 3.6 images
    numbers[1, 3], numbers[2, 9], numbers[2, 4] = 0.16, 0.09, 0.01
    numbers[3, 0] = 0.25
    expected = torch.tensor([[1, 2, 3, 4], [0, 0, 8, 8], [0, 0, 2, 2], [0, 0, 10, 10]])
    assert torch.equal(boxes.drawn(numbers), expected.double())
