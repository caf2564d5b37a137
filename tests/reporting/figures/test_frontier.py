"""The frontier: its numbered points, the best one and the cheapest that is enough."""

from __future__ import annotations

from figure_reading import points, words

from ablation.reporting.figures.frontier import frontier_figure


def test_the_frontier_names_its_points_and_marks_the_best_and_enough(frontier, table):
    figure = frontier_figure(frontier, table.metric)
    assert points(figure, "D") == [(100.0, 82.0)]
    assert points(figure, "s") == [(10.0, 81.0)]
    assert "3  only $rung 2$, x100.00: best" in words(figure)
    assert figure.axes[0].get_xscale() == "log"
