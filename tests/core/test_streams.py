from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from ablation.core.streams import _IDS, Streams, drawing, reseed

CPU = torch.device("cpu")


@given(seed=st.integers(0, 2**32 - 1), replicate=st.integers(0, 1000))
def test_a_stream_is_numpys_seed_sequence_of_seed_replicate_and_id(seed: int, replicate: int) -> None:
    expected = np.random.default_rng(np.random.SeedSequence([seed, replicate, 3])).random(4)
    assert np.array_equal(Streams(seed, replicate).generator("order").random(4), expected)


def test_streams_of_one_replicate_are_independent() -> None:
    draws = np.array([Streams(0, 0).generator(name).random(2000) for name in _IDS])
    correlations = np.corrcoef(draws) - np.eye(len(_IDS))
    assert np.abs(correlations).max() < 0.1


def test_epochs_and_replicates_have_draws_of_their_own() -> None:
    numbers = {Streams(0, replicate).number("mix", epoch) for replicate in range(20) for epoch in range(20)}
    assert len(numbers) == 400


def test_an_examples_seed_depends_on_neither_its_neighbours_nor_their_number() -> None:
    few, many = (Streams(1, 2).per_example("augment", 3, count) for count in (10, 1000))
    assert np.array_equal(few, many[:10])
    assert len(set(many.tolist())) == 1000


def test_drawing_gives_the_draws_of_manual_seed_and_restores_the_generator() -> None:
    expected = torch.rand(3, generator=torch.Generator().manual_seed(42))
    before = torch.get_rng_state()
    with drawing(42, CPU):
        assert torch.equal(torch.rand(3), expected)
        torch.rand(100)
    assert torch.equal(torch.get_rng_state(), before)


def test_drawing_restores_the_generator_after_an_error() -> None:
    before = torch.get_rng_state()
    try:
        with drawing(1, CPU):
            torch.rand(1)
            raise RuntimeError
    except RuntimeError:
        pass
    assert torch.equal(torch.get_rng_state(), before)


def test_drawing_nests() -> None:
    with drawing(1, CPU):
        first = torch.rand(2)
    with drawing(1, CPU):
        with drawing(2, CPU):
            reseed(7)
            torch.rand(5)
        assert torch.equal(torch.rand(2), first)


def test_member_0_has_the_streams_of_a_training_without_an_ensemble() -> None:
    for name, number in _IDS.items():
        expected = np.random.default_rng(np.random.SeedSequence([3, 4, number])).random()
        assert Streams(3, 4, 0).generator(name).random() == expected


def test_members_differ_in_all_that_is_drawn_in_training_and_share_what_they_see() -> None:
    shared = {"split", "test", "label_noise", "corruption"}
    for name in _IDS:
        draws = {Streams(3, 4, member).generator(name).random() for member in range(5)}
        assert len(draws) == (1 if name in shared else 5), name
        first = {Streams(3, replicate, 1).generator(name).random() for replicate in range(5)}
        assert len(first) == 5
