from __future__ import annotations

from ablation.experiment.config.design import Pick
from ablation.experiment.config.ladder import ladder_picks


def test_a_ladder_adds_one_rung_at_a_time() -> None:
    assert ladder_picks(["a", "b"]) == [
        Pick("baseline", (), ""),
        Pick("+ a", ("a",), "a"),
        Pick("+ b", ("a", "b"), "b"),
    ]


def test_a_control_stands_on_its_own_row_only_and_each_has_its_execution() -> None:
    assert ladder_picks(["x", "a", "y", "b"], controls={"x", "y"}) == [
        Pick("baseline", (), ""),
        Pick("+ x", ("x",), "x", 1),
        Pick("+ a", ("a",), "a"),
        Pick("+ y", ("a", "y"), "y", 2),
        Pick("+ b", ("a", "b"), "b"),
    ]
