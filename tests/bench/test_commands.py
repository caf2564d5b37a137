from __future__ import annotations

import pytest

from ablation.bench.commands import sizes_of
from ablation.errors import UserError


def test_sizes_are_read() -> None:
    assert sizes_of("1,2, 8") == (1, 2, 8)


@pytest.mark.parametrize("text", ["", "1,x", "0,1", "-1"])
def test_what_is_no_list_of_sizes_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no list"):
        sizes_of(text)
