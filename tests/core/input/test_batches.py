from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ablation.core.input.batches import cut_into_steps


@given(count=st.integers(2, 200), batch=st.integers(2, 40), accumulate=st.integers(1, 4))
def test_every_example_is_used_once_and_in_order(count: int, batch: int, accumulate: int) -> None:
    order = np.random.default_rng(0).permutation(count)
    flat = np.concatenate([ids for step in cut_into_steps(order, batch, accumulate) for ids in step])
    assert np.array_equal(flat, order)


@given(count=st.integers(2, 200), batch=st.integers(2, 40), accumulate=st.integers(1, 4))
def test_no_batch_has_one_image_and_none_is_larger_than_one_more(count: int, batch: int, accumulate: int) -> None:
    sizes = [len(ids) for step in cut_into_steps(np.arange(count), batch, accumulate) for ids in step]
    assert min(sizes) >= 2
    assert max(sizes) <= batch + 1


def test_steps_are_cut_as_by_hand() -> None:
    sizes = [[len(ids) for ids in step] for step in cut_into_steps(np.arange(21), 4, 2)]
    assert sizes == [[4, 4], [4, 4], [5]]
    assert [[len(ids) for ids in step] for step in cut_into_steps(np.arange(17), 4, 2)] == [[4, 4], [4, 5]]
