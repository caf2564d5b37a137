from __future__ import annotations

from rungs_and_needs import NONE

from ablation.experiment.config.designs.full import full


def test_a_subset_is_named_by_the_shortest_of_the_usual_ways() -> None:
    names = {pick.rungs: pick.name for pick in full("abcd", NONE)}
    assert names[()] == "baseline"
    assert names["c",] == "only c"
    assert names["a", "c"] == "a + c"
    assert names["a", "b", "d"] == "all but c"
    assert names["a", "b", "c", "d"] == "a + b + c + d"
