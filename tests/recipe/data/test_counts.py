from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ablation.recipe.data.counts import allocate, long_tail, portion

SIZES = st.lists(st.integers(3, 400), min_size=1, max_size=12)


@given(SIZES, st.integers(0, 2), st.floats(0, 1))
def test_an_allocation_sums_up_and_keeps_its_bounds(sizes: list[int], leave: int, where: float) -> None:
    counts = np.array(sizes)
    low, high = len(counts), int((counts - leave).sum())
    total = low + round(where * (high - low))
    share = allocate(counts, total, leave)
    assert share.sum() == total
    assert (share >= 1).all()
    assert (share <= counts - leave).all()


@given(st.lists(st.integers(40, 400), min_size=1, max_size=12), st.floats(0.1, 0.9))
def test_an_allocation_is_within_one_image_of_the_exact_share(sizes: list[int], fraction: float) -> None:
    counts = np.array(sizes)
    total = max(round(fraction * counts.sum()), len(counts))
    assert (abs(allocate(counts, total) - total * counts / counts.sum()) < 1).all()


@given(st.lists(st.integers(2, 7), min_size=2, max_size=3), st.data())
def test_no_other_allocation_is_nearer_to_the_exact_shares(sizes: list[int], data: st.DataObject) -> None:
    counts = np.array(sizes)
    total = data.draw(st.integers(len(counts), int(counts.sum()) - len(counts)))
    quota = total * counts / counts.sum()
    possible = [each for each in itertools.product(*(range(1, size) for size in sizes)) if sum(each) == total]
    nearest = min(((np.array(each) - quota) ** 2).sum() for each in possible)
    assert np.isclose(((allocate(counts, total, leave=1) - quota) ** 2).sum(), nearest)


@given(SIZES, st.floats(0.01, 1))
def test_a_portion_is_within_half_an_image_and_never_nothing(sizes: list[int], fraction: float) -> None:
    counts = np.array(sizes)
    kept = portion(counts, fraction)
    assert (kept >= 1).all()
    assert (abs(kept - fraction * counts)[kept > 1] <= 0.5 + 1e-9).all()


def test_long_tailed_cifar_has_the_counts_that_cui_et_al_publish() -> None:
    tail = long_tail(np.full(10, 5000), 100)  # their CIFAR-10 at ratio 100: 12,406 images, 5000 down to 50
    assert tail.tolist() == [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
    assert tail.sum() == 12406


@given(SIZES, st.floats(1, 1000))
def test_a_long_tail_never_raises_a_class(sizes: list[int], ratio: float) -> None:
    counts = np.array(sizes)
    assert (long_tail(counts, ratio) <= counts).all()
