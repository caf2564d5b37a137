from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.experiment.planning.hashing import AddressTemplate, address

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=6), st.data())
def test_what_is_written_out_once_gives_the_address_of_the_whole(content: dict[str, Any], data: st.DataObject) -> None:
    common = {name: value for name, value in content.items() if data.draw(st.booleans())}
    rest = {name: value for name, value in content.items() if name not in common}
    assert AddressTemplate(common).address(rest) == address(content)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=6))
def test_an_address_is_the_hash_of_sorted_json_without_spaces(content: dict[str, Any]) -> None:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert address(content) == hashlib.sha256(text.encode()).hexdigest()


def test_what_is_no_number_has_no_address() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        address({"lr": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        AddressTemplate({"lr": float("inf")})
