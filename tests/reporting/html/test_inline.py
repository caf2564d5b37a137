"""A figure inside a page: its text stays text, and it loads nothing."""

from __future__ import annotations

from parsed_page import Parsed

from ablation.reporting.figures.style import new_figure, svg
from ablation.reporting.html.inline import inline


def test_text_in_a_figure_that_looks_like_markup_stays_text():
    figure = new_figure(2, 1)
    figure.text(0, 0, 'id="x" url(#y) </svg><script>', parse_math=False)
    found = inline(figure, "f", '"><script>')
    parsed = Parsed(found)
    assert "script" not in parsed.tags
    assert 'id="x" url(#y) </svg><script>' in "".join(parsed.texts)
    assert "http" in svg(figure)
    assert "http" not in found
