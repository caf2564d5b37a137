"""Cells: numbers of one family look alike, whatever the order in which they were summed."""

from __future__ import annotations

from ablation.reporting.tables.cells import p_text, share, signed


def test_numbers_of_one_family_look_alike():
    assert [signed(value, 2) for value in (1.234, -1.235, 0.0, -0.001)] == ["+1.23", "-1.24", "+0.00", "+0.00"]
    assert [p_text(value) for value in (0.0, 0.0154, 0.99999, 1.0, float("nan"))] == ["<.0001", ".0154", "1", "1", "-"]
    assert [share(value) for value in (0.5, -0.2, 1.0, -1.0, 0.0, 0.999)] == [
        ".50",
        "-.20",
        "1.00",
        "-1.00",
        ".00",
        "1.00",
    ]


def test_a_sum_in_another_order_is_shown_alike():
    assert 0.1 + 0.2 != 0.3
    assert signed(1.125 + 1e-15, 2) == signed(1.125 - 1e-15, 2) == signed(1.125, 2)
