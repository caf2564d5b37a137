from __future__ import annotations

from rungs_and_needs import NONE

from ablation.experiment.config.designs.both_ends import both_ends


def test_both_ends_are_each_alone_and_each_left_out() -> None:
    assert [(pick.name, pick.rungs) for pick in both_ends("abc", NONE)] == [
        ("only a", ("a",)),
        ("only b", ("b",)),
        ("only c", ("c",)),
        ("all but a", ("b", "c")),
        ("all but b", ("a", "c")),
        ("all but c", ("a", "b")),
    ]
