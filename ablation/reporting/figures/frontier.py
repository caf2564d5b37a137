"""The frontier: validation score against cost, of the variants that no other beats in both at once."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.experiment.config.costs import COST_LABELS
from ablation.metrics.metric import Metric
from ablation.reporting.figures.style import (
    BLUE,
    DARK_GREY,
    ONE_COLUMN,
    TEXT_SIZE,
    TITLE_SIZE,
    new_axes,
    new_figure,
    plain_axes,
    wrapped,
)
from ablation.reporting.tables.cells import fixed, visible

_PLOT, _BELOW, _LINE = 1.9, 0.55, 0.14
"""Inches: height of the plot, from it to the list of names, and of a name."""

_WIDE_RANGE = 10
"""Costs that differ by more than this factor are shown on a logarithmic axis."""

_MOST = 24
"""So many names are listed at most."""


def frontier_figure(frontier: Frontier, metric: Metric, width: float = ONE_COLUMN) -> Figure:
    """The frontier as steps, each variant on it a numbered point, named below with its cost times the baseline's.

    The best is a diamond; the cheapest whose score is within the margin of the best one's, which is enough, a square.

    Args:
        metric: that the frontier was made with.
        width: in inches.
    """
    points = frontier.candidates
    below = _BELOW + _LINE * (min(len(points), _MOST) + 1)
    figure = new_figure(width, _PLOT + below)
    axes = new_axes(figure, 0.6, 0.12, above=0.26, below=below)
    costs, scores = [each.cost for each in points], [each.score for each in points]
    axes.plot(costs, scores, color=DARK_GREY, linewidth=0.9, drawstyle="steps-post", zorder=1)
    for number, each in enumerate(points, 1):
        _point(axes, number, each, frontier)
    _dress(axes, frontier, metric)
    _names(figure, frontier, below)
    return figure


def _point(axes: Axes, number: int, each: Candidate, frontier: Frontier) -> None:
    marker, face = _look(each, frontier)
    place = each.cost, each.score
    axes.plot(*place, marker=marker, markersize=4.5, color=BLUE, markerfacecolor=face, zorder=2)
    axes.annotate(str(number), place, (-4, 4), textcoords="offset points", ha="right", fontsize=TEXT_SIZE)


def _look(each: Candidate, frontier: Frontier) -> tuple[str, str]:
    if each == frontier.enough:
        return "s", BLUE
    return ("D", BLUE) if each == frontier.best else ("o", "white")


def _dress(axes: Axes, frontier: Frontier, metric: Metric) -> None:
    plain_axes(axes, grid="y")
    costs = [each.cost for each in frontier.candidates]
    if min(costs) > 0 and max(costs) / min(costs) > _WIDE_RANGE:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.12, y=0.18)
    unit = f" ({metric.unit})" if metric.unit else ""
    axes.set_xlabel(COST_LABELS[frontier.cost], fontsize=TEXT_SIZE, labelpad=2)
    axes.set_ylabel(f"validation {metric.label}{unit}", fontsize=TEXT_SIZE, parse_math=False)
    axes.set_title(f"Score against {COST_LABELS[frontier.cost]}", fontsize=TITLE_SIZE, loc="left", weight="bold")
    if not metric.higher_is_better:
        axes.invert_yaxis()  # better is always up


def _names(figure: Figure, frontier: Frontier, below: float) -> None:
    width, height = figure.get_size_inches()
    points = frontier.candidates
    shown = points if len(points) <= _MOST else points[: _MOST - 1]
    lines = [f"{number}  {_named(each, frontier, width)}" for number, each in enumerate(shown, 1)]
    if len(shown) < len(points):
        lines.append(f"and {len(points) - len(shown)} more")
    for place, line in enumerate(lines):
        y = (below - _BELOW - _LINE * (place + 0.5)) / height
        figure.text(0.12 / width, y, line, va="center", fontsize=TEXT_SIZE, parse_math=False)


def _named(each: Candidate, frontier: Frontier, width: float) -> str:
    tail = f", x{fixed(each.ratio, 2)}{_role(each, frontier)}"
    return wrapped(visible(each.variant), max(int(17.5 * width) - len(tail) - 4, 12), lines=1) + tail


def _role(each: Candidate, frontier: Frontier) -> str:
    told = [": best"] if each == frontier.best else []
    return " and ".join([*told, "enough" if told else ": enough"] if each == frontier.enough else told)
