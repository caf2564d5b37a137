"""The base of every settings class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pytest
from pydantic import ValidationError

from ablation.recipe.settings import Settings


class Held(Settings):
    """Settings of several kinds."""

    rate: float = 0.5
    """A number."""
    pair: tuple[float, float] = (0.0, 1.0)
    """Two numbers."""
    on: bool = False
    """Yes or no."""
    mode: Literal["auto", True] = "auto"
    """A text, or true."""
    table: Mapping[str, int] = {}
    """A mapping."""


def test_equal_settings_are_one_key_even_with_a_mapping() -> None:
    assert len({Held(table={"a": 1}), Held(table={"a": 1}), Held(table={"a": 2})}) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rat": 1}, "unknown setting 'rat'; did you mean 'rate'"),
        ({"rate": True}, "true has no meaning here"),
        ({"pair": [0, False]}, "false has no meaning here"),
        ({"rate": float("nan")}, "finite number"),
    ],
)
def test_what_is_not_meant_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Held.model_validate(given)


def test_true_is_taken_where_it_is_meant() -> None:
    assert Held.model_validate({"on": True, "mode": True}).on


def test_settings_cannot_be_changed_and_their_docstrings_are_their_descriptions() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Held().rate = 1.0  # type: ignore[misc]
    assert Held.model_fields["rate"].description == "A number."
