"""Columns of tables: named by settings, complete, and turned into codes."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.recipe.data.columns import check_column, check_filled, encoded


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_codes_are_pandas_factors_in_sorted_order(values: list[str]) -> None:
    codes, names = encoded(values)
    expected, uniques = pd.factorize(pd.Series(values, dtype=object), sort=True)
    assert codes.tolist() == expected.tolist()
    assert names == tuple(uniques)


def test_a_missing_column_is_refused_with_those_that_are_there() -> None:
    check_column("label", ["image", "label"], "data.label")
    with pytest.raises(UserError, match="no column 'kind'") as caught:
        check_column("kind", ["image", "label"], "data.label")
    assert (caught.value.place, caught.value.remedy) == ("data.label", "columns: image, label")


def test_rows_without_a_value_are_counted_and_the_first_is_named() -> None:
    check_filled(["a", "b", 0], "data.label")
    with pytest.raises(UserError, match="2 of 4 rows have no value, the first is row 2"):
        check_filled(["a", None, "b", ""], "data.label")
