"""Figures as parts of an HTML page: SVG without what only a file needs, and ids that are unique on the page."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib.figure import Figure

from ablation.reporting.figures.style import svg

_NAMESPACE = re.compile(r"\{[^}]*\}")
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_FONT = re.compile(r"font-family: [^;]*(;\s*)?")
_DROPPED = ("metadata", "style")
"""Elements that the page neither shows nor shares: a style inside an SVG would hold for the whole page."""
_UNREFERRED = ("g", "svg", "image")
"""Elements that matplotlib numbers and never refers to."""


def inline(figure: Figure, name: str, label: str) -> Markup:
    """The figure as an ``svg`` element that may stand beside others; the same text for the same figure.

    Args:
        name: stands before every id, so that no two figures of a page share one.
        label: what is read out in place of the figure.
    """
    root = ElementTree.fromstring(svg(figure))
    for parent in root.iter():
        for child in list(parent):
            if _bare(child.tag) in _DROPPED:
                parent.remove(child)
    for element in root.iter():
        element.tag = _bare(element.tag)
        element.attrib = dict(_attributes(element, name))
        if element.tag in ("g", "defs", "svg"):
            element.text = None
        element.tail = None
    width = float(root.attrib.pop("width").removesuffix("pt"))
    del root.attrib["height"]  # the page decides how large a point is; the viewBox keeps the shape
    root.attrib |= {"role": "img", "aria-label": label, "style": f"--points: {width:g}"}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _attributes(element: ElementTree.Element, name: str) -> Iterator[tuple[str, str]]:
    """Its attributes with ids and references renamed, and without the fonts, which the page chooses."""
    for key, value in element.attrib.items():
        attribute = _bare(key)
        if attribute == "id":
            if element.tag not in _UNREFERRED:
                yield "id", f"{name}-{value}"
        elif attribute == "href" and value.startswith("#"):
            yield "href", f"#{name}-{value[1:]}"
        else:
            yield attribute, _REFERENCE.sub(rf"url(#{name}-\1)", _FONT.sub("", value))


def _bare(tag: str) -> str:
    return _NAMESPACE.sub("", tag)
