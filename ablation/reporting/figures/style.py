"""What all figures share: paper sizes, fonts, colours that survive grey print and colour-blind eyes, and their SVG."""

import io
import textwrap
from collections.abc import Sequence
from typing import Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

BLUE, ORANGE, SKY, VERMILION, DARK_GREY = "#0072B2", "#E69F00", "#56B4E9", "#D55E00", "#666666"
"""Okabe and Ito's colours in pairs that differ in lightness too (lines; bars), and a grey for what is not measured."""

PALE = "#BBBBBB"
"""For lines that lead the eye and say nothing themselves."""

TEXT_SIZE, TITLE_SIZE = 7.0, 8.0
"""Font sizes in points, as printed."""

ONE_COLUMN, TWO_COLUMNS = 3.3, 7.2
"""Widths in inches of figures for papers."""

DPI = 200

_POINTS = 72
"""In an inch."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, drawn by Agg: no window, no global state."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def new_axes(figure: Figure, left: float, right: float, above: float, below: float) -> Axes:
    """Axes that leave so many inches of the figure on each side."""
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, below / height, 1 - (left + right) / width, 1 - (above + below) / height))


def plain_axes(axes: Axes, grid: Literal["x", "y", "both"]) -> None:
    """Axes with no box around them, small tick labels, and a pale grid along one axis or both."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=TEXT_SIZE)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color="0.9", linewidth=0.6)


def mark_empty(axes: Axes, text: str) -> None:
    """Write into axes why nothing is drawn in them."""
    axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes, fontsize=TEXT_SIZE, color=DARK_GREY)


def wrapped(name: str, width: int, lines: int = 2) -> str:
    """A name on at most so many lines of so many characters, cut with an ellipsis."""
    parts = textwrap.wrap(name, width) or [name]
    if len(parts) > lines:
        parts = [*parts[: lines - 1], f"{parts[lines - 1][: width - 2]} …"]
    return "\n".join(parts)


def shortened(name: str, longest: int) -> str:
    """A name of at most so many characters: its beginning and its end, which often tells it from its like."""
    half = longest // 2
    return name if len(name) <= longest else f"{name[: half - 1]}…{name[-half:]}"


def inches(names: Sequence[str]) -> float:
    """How wide the widest line of some small text is, in inches."""
    lines = sorted({line for name in names for line in name.split("\n")}, key=lambda line: (-len(line), line))
    font = FontProperties(size=TEXT_SIZE)
    few = lines[:8]  # measuring costs a millisecond, and the widest line is among the longest
    return max((text_to_path.get_text_width_height_descent(each, font, False)[0] for each in few), default=0) / _POINTS


def svg(figure: Figure) -> str:
    """The figure as an SVG element, to stand in an HTML page or a file: the same text for the same figure.

    Text stays text, so that it can be read out, searched and copied.
    """
    text = io.StringIO()
    with rc_context({"svg.hashsalt": "ablation", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    written = text.getvalue()
    return written[written.index("<svg") :]
