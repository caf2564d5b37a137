from __future__ import annotations

from rungs_and_needs import NONE

from ablation.experiment.config.design import Pick, ladder_picks
from ablation.experiment.config.designs.full import full


def test_a_subset_is_named_by_the_shortest_of_the_usual_ways() -> None:
    names = {pick.rungs: pick.name for pick in full("abcd", NONE)}
    assert names[()] == "baseline"
    assert names["c",] == "only c"
    assert names["a", "c"] == "a + c"
    assert names["a", "b", "d"] == "all but c"
    assert names["a", "b", "c", "d"] == "a + b + c + d"


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
