"""Words for splits."""

from __future__ import annotations

import pytest

from ablation.recipe.data.official import SPLIT_NAMES, official_split


@pytest.mark.parametrize(
    ("word", "split"),
    [("Training", "train"), (" valid ", "val"), ("validation", "val"), ("DEV", "val"), ("testing", "test")],
)
def test_words_for_a_split_mean_it_in_any_case(word: str, split: str) -> None:
    assert official_split(word) == split


def test_the_names_mean_themselves_and_other_words_nothing() -> None:
    assert tuple(map(official_split, SPLIT_NAMES)) == SPLIT_NAMES
    assert official_split("fold 1") is None
