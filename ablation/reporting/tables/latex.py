r"""A table as LaTeX, to be read into a paper by ``\input``: booktabs, every name escaped, for pdflatex in UTF-8.

The paper needs ``\usepackage{booktabs}``; with ``graphicx`` too, a block wider than the line is scaled to fit it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from ablation.analysis.table.table import Table
from ablation.reporting.tables.cells import CellGrid
from ablation.reporting.tables.grids import table_sheet

_NEEDS = r"% needs \usepackage{booktabs}; with \usepackage{graphicx}, tables wider than the line are scaled to fit it"
_LONG_NAME = 30
"""Characters from which on a column of words is broken over lines."""

_BROKEN = r"p{0.26\linewidth}"

_ASCII: Mapping[str, str] = {
    **{sign: rf"\{sign}" for sign in "&%$#_{}"},
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # at the start of a row they would belong to the \\ before them
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
    sheet = table_sheet(table)
    first, *others = sheet.grids
    blocks = [_table(first, (*sheet.headline, *first.notes)), *(_table(grid, grid.notes) for grid in others)]
    return "\n".join([_NEEDS, *blocks, f"{{\\footnotesize\\noindent\\raggedright\n{_lines(sheet.notes)}}}\n"])


def escaped(text: str) -> str:
    """The text with nothing in it that TeX would act on; what pdflatex cannot set becomes ``[U+1F600]``."""
    joined = "".join(map(_character, unicodedata.normalize("NFC", text)))
    return joined.replace("--", "-{}-").replace("?`", "?{}`").replace("!`", "!{}`")


def _character(character: str) -> str:
    if replacement := _ASCII.get(character) or _MATHEMATICS.get(character):
        return replacement
    latin = "\u00a1" <= character <= "\u017e" and character not in _NOT_IN_OT1
    if character in _PUNCTUATION or (character.isprintable() and (latin or character.isascii())):
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"


def _table(grid: CellGrid, lines: Sequence[str]) -> str:
    below = f"\\par\\smallskip\\parbox{{\\linewidth}}{{\\scriptsize\\raggedright\n{_lines(lines)}}}\n" if lines else ""
    return _TABLE % (escaped(grid.title), _tabular(grid), below)


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{_line(line)}\\par\n" for line in lines)


def _tabular(grid: CellGrid) -> str:
    """The grid as ``tabular``, by pandas; its Styler needs jinja2."""
    import pandas as pd

    kinds = [_kind(title, place, grid) for place, title in enumerate(grid.header)]
    cells = [[_cell(cell.text, place, kinds[place]) for place, cell in enumerate(row)] for row in grid.rows]
    style = pd.DataFrame(cells, columns=list(map(escaped, grid.header))).style.hide(axis="index")
    return str(style.to_latex(hrules=True, column_format="".join(kinds)))


def _kind(title: str, place: int, grid: CellGrid) -> str:
    """The column as ``tabular`` declares it: numbers to the right, words to the left, long ones broken over lines."""
    if title not in grid.words:
        return "r"
    return _BROKEN if max(len(row[place].text) for row in grid.rows) > _LONG_NAME else "l"


def _cell(text: str, place: int, kind: str) -> str:
    """Names keep their hyphens, numbers get a minus sign."""
    safe = _line(text) if place else escaped(text)
    return rf"\raggedright {safe}" if kind == _BROKEN and place == 0 else safe


def _line(text: str) -> str:
    return re.sub(r"(?<![\w-])-(?=[\d.])", "$-$", escaped(text))
