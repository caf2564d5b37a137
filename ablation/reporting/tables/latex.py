r"""A table as LaTeX, to be read into a paper by ``\input``: booktabs, every name escaped, for pdflatex in UTF-8.

The paper needs ``\usepackage{booktabs}``; with ``graphicx`` too, a block wider than the line is scaled to fit it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from ablation.analysis.table.table import Table
from ablation.reporting.tables.cells import CellGrid
from ablation.reporting.tables.grids import grids, notes
from ablation.reporting.tables.words import headline

_NEEDS = r"% needs \usepackage{booktabs}; with \usepackage{graphicx}, tables wider than the line are scaled to fit it"
_LONG_NAME = 30
"""Characters from which on a column of words is broken over lines."""

_BROKEN = r"p{0.26\linewidth}"

_ASCII: Mapping[str, str] = {
    **{each: rf"\{each}" for each in "&%$#_{}"},
    **{each: f"{{{each}}}" for each in "[]*"},  # at the start of a row they would belong to the \\ before them
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho varsigma sigma tau upsilon phi "
    "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_SIGNS = {"±": "pm", "×": "times", "−": "-", "≤": "le", "≥": "ge", "→": "rightarrow", "µ": "mu", "·": "cdot"}
_MATHEMATICS: Mapping[str, str] = {
    sign: "$-$" if name == "-" else rf"$\{name}$"
    for sign, name in (*zip("αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΦΨΩ", _GREEK.split(), strict=True), *_SIGNS.items())
}
_NOT_IN_OT1 = frozenset("«»ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ")
"""Letters of the Latin blocks that the usual font encoding does not have."""
_PUNCTUATION = frozenset("–—‘’“”†…•€")

_TABLE = r"""\begin{table}[tbp]
\providecommand{\resizebox}[3]{#3}
\centering\footnotesize\setlength{\tabcolsep}{4pt}
\caption{%s}
\resizebox{\ifdim\width>\linewidth \linewidth\else\width\fi}{!}{%%
%s}
%s\end{table}
"""


def latex(table: Table) -> str:
    """One ``table`` a grid: the verdict in words under the first, a grid's notes under it; the footer at the end."""
    first, *others = grids(table)
    blocks = [_table(first, (*headline(table), *first.notes)), *(_table(grid, grid.notes) for grid in others)]
    ending = "".join(f"{_line(line)}\\par\n" for line in notes(table))
    return "\n".join([_NEEDS, *blocks, f"{{\\footnotesize\\noindent\\raggedright\n{ending}}}\n"])


def escaped(text: str) -> str:
    """The text with nothing in it that TeX would act on; what pdflatex cannot set becomes ``[U+1F600]``."""
    joined = "".join(map(_character, unicodedata.normalize("NFC", text)))
    return joined.replace("--", "-{}-").replace("?`", "?{}`").replace("!`", "!{}`")


def _character(each: str) -> str:
    known = _ASCII.get(each) or _MATHEMATICS.get(each)
    if known:
        return known
    latin = "\u00a1" <= each <= "\u017e" and each not in _NOT_IN_OT1 and each.isprintable()
    if latin or each in _PUNCTUATION or (each.isascii() and each.isprintable()):
        return each
    return f"{{[}}U+{ord(each):04X}{{]}}"


def _table(grid: CellGrid, lines: Sequence[str]) -> str:
    below = "".join(f"{_line(line)}\\par\n" for line in lines)
    told = f"\\par\\smallskip\\parbox{{\\linewidth}}{{\\scriptsize\\raggedright\n{below}}}\n" if below else ""
    return _TABLE % (escaped(grid.title), _tabular(grid), told)


def _tabular(grid: CellGrid) -> str:
    """The grid as ``tabular``, by pandas; its Styler needs jinja2."""
    import pandas as pd

    broken = [
        place for place, title in enumerate(grid.header) if title in grid.words and _longest(grid, place) > _LONG_NAME
    ]
    cells = [[_cell(cell.text, place, place in broken) for place, cell in enumerate(row)] for row in grid.rows]
    columns = [
        _BROKEN if place in broken else "l" if title in grid.words else "r" for place, title in enumerate(grid.header)
    ]
    titles = [escaped(title) for title in grid.header]
    style = pd.DataFrame(cells, columns=titles).style.hide(axis="index")
    return str(style.to_latex(hrules=True, column_format="".join(columns)))


def _longest(grid: CellGrid, place: int) -> int:
    return max(len(row[place].text) for row in grid.rows)


def _cell(text: str, place: int, broken: bool) -> str:
    """Names keep their hyphens, numbers get a minus sign."""
    safe = _line(text) if place else escaped(text)
    return rf"\raggedright {safe}" if broken and place == 0 else safe


def _line(text: str) -> str:
    return re.sub(r"(?<![\w-])-(?=[\d.])", "$-$", escaped(text))
