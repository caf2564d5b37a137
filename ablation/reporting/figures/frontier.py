"""The frontier: validation score against cost, of the variants that no other beats in both at once."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.experiment.config.costs import COST_LABELS
from ablation.metrics.metric import Metric
from ablation.reporting.figures import style
from ablation.reporting.tables.cells import fixed, unit_of, visible

_PLOT, _BELOW, _LINE = 1.9, 0.55, 0.14
"""Inches: height of the plot, from it to the list of names, and of a name."""

_WIDE_RANGE = 10
"""Costs that differ by more than this factor are shown on a logarithmic axis."""

_MOST = 24
"""So many names are listed at most."""


def frontier_figure(frontier: Frontier, metric: Metric, width: float = style.ONE_COLUMN) -> Figure:
    """The frontier as steps, each variant on it a numbered point, named below with its cost times the baseline's.

    The best is a diamond; the cheapest whose score is within the margin of the best one's, which is enough, a square.

    Args:
        metric: that the frontier was made with.
        width: in inches.
    """
    candidates = frontier.candidates
    below = _BELOW + _LINE * (min(len(candidates), _MOST) + 1)
    figure = style.new_figure(width, _PLOT + below)
    axes = style.new_axes(figure, 0.6, 0.12, above=0.26, below=below)
    costs, scores = [each.cost for each in candidates], [each.score for each in candidates]
    axes.plot(costs, scores, color=style.DARK_GREY, linewidth=0.9, drawstyle="steps-post", zorder=1)
    for number, candidate in enumerate(candidates, 1):
        _point(axes, number, candidate, frontier)
    _dress(axes, frontier, metric)
    _list_names(figure, frontier, below)
    return figure


def _point(axes: Axes, number: int, candidate: Candidate, frontier: Frontier) -> None:
    marker = "s" if candidate == frontier.enough else "D" if candidate == frontier.best else "o"
    face = "white" if marker == "o" else style.BLUE
    place = candidate.cost, candidate.score
    axes.plot(*place, marker=marker, markersize=4.5, color=style.BLUE, markerfacecolor=face, zorder=2)
    axes.annotate(str(number), place, (-4, 4), textcoords="offset points", ha="right", fontsize=style.TEXT_SIZE)


def _dress(axes: Axes, frontier: Frontier, metric: Metric) -> None:
    style.plain_axes(axes, grid="y")
    costs = [candidate.cost for candidate in frontier.candidates]
    if min(costs) > 0 and max(costs) / min(costs) > _WIDE_RANGE:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.12, y=0.18)
    cost, score = COST_LABELS[frontier.cost], f"validation {metric.label}{unit_of(metric, ' (', ')')}"
    axes.set_xlabel(cost, fontsize=style.TEXT_SIZE, labelpad=2)
    axes.set_ylabel(score, fontsize=style.TEXT_SIZE, parse_math=False)
    axes.set_title(f"Score against {cost}", fontsize=style.TITLE_SIZE, loc="left", weight="bold")
    if not metric.higher_is_better:
        axes.invert_yaxis()  # better is always up


def _list_names(figure: Figure, frontier: Frontier, below: float) -> None:
    width, height = figure.get_size_inches()
    number = len(frontier.candidates)
    shown = frontier.candidates if number <= _MOST else frontier.candidates[: _MOST - 1]
    lines = [f"{place}  {_name(candidate, frontier, width)}" for place, candidate in enumerate(shown, 1)]
    if len(shown) < number:
        lines.append(f"and {number - len(shown)} more")
    for place, line in enumerate(lines):
        y = (below - _BELOW - _LINE * (place + 0.5)) / height
        figure.text(0.12 / width, y, line, va="center", fontsize=style.TEXT_SIZE, parse_math=False)


def _name(candidate: Candidate, frontier: Frontier, width: float) -> str:
    """The variant, cut to fit the width, its cost and whether it is the best or enough."""
    choices = {"best": frontier.best, "enough": frontier.enough}
    roles = " and ".join(role for role, chosen in choices.items() if candidate == chosen)
    tail = f", x{fixed(candidate.ratio, 2)}{f': {roles}' if roles else ''}"
    return style.wrapped(visible(candidate.variant), max(int(17.5 * width) - len(tail) - 4, 12), lines=1) + tail
