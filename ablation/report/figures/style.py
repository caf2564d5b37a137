"""What all figures share: paper sizes, fonts, and colours that survive grey print and colour-blind eyes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, ORANGE, SKY, VERMILION, GREY = "#0072B2", "#E69F00", "#56B4E9", "#D55E00", "#666666"
"""Okabe and Ito's colours in pairs that differ in lightness too (lines; bars), and a grey for what is not measured."""

SMALL, NORMAL = 7.5, 9.0
"""Font sizes in points."""

DPI = 120


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, drawn by Agg: no window, no global state."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def wrapped(name: str, width: int, lines: int = 2) -> str:
    """A name on at most so many lines of so many characters, cut with an ellipsis."""
    return "\n".join(textwrap.wrap(name, width, max_lines=lines, placeholder=" …")) or name


def inches(names: Sequence[str], longest: int) -> float:
    """About how wide the longest line of some small text is, in inches; at most so many characters."""
    lines = [line for name in names for line in name.split("\n")]
    return 0.066 * min(longest, max(map(len, lines), default=0))
