"""Cuts the examples of an epoch into optimizer steps and batches."""

import numpy as np

from ablation.recipe.data.pool import Ids


def cut_into_steps(order: Ids, batch_size: int, accumulate: int) -> list[list[Ids]]:
    """The optimizer steps of one epoch, each a list of batches.

    A step takes ``batch_size * accumulate`` examples. A final step or batch of one example joins the one before it,
    since BatchNorm cannot take the variance of one.
    """
    return [_cut(step, batch_size) for step in _cut(order, batch_size * accumulate)]


def _cut(order: Ids, size: int) -> list[Ids]:
    edges = list(range(size, len(order), size))
    if edges and len(order) - edges[-1] == 1:
        edges.pop()
    return np.split(order, edges)
