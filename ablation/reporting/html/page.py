"""The report as one HTML page: table, figures and every detail in a single file that loads nothing.

The templates beside this module hold the words and the markup; jinja2 escapes whatever comes from the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.details import Details
from ablation.reporting.html import pictures
from ablation.reporting.tables.cells import NOTHING, visible
from ablation.reporting.tables.grids import grids, measured_grids, notes
from ablation.reporting.tables.tuning_grids import tuning_grids
from ablation.reporting.tables.words import NO_VERDICT, headline
from ablation.reporting.texts.footer import WARNING


@dataclass(frozen=True)
class _Change:
    """A setting that a rung changes, as YAML text."""

    setting: str
    old: str
    new: str


def page(table: Table, details: Details | None = None) -> str:
    """The whole report: the same text for the same values.

    Args:
        details: of the plan that the table is of; None leaves out what only the store knows.
    """
    gains, *others = measured_grids(table)
    lines = notes(table)
    rows = pictures.row_pictures(details) if details else ()
    return _render(
        "page.html.j2",
        title=visible(table.name),
        metric=table.metric,
        style=Markup(_text("page.css")),
        headline=[(line, line.startswith(NO_VERDICT)) for line in headline(table)],
        gains=gains,
        others=others,
        tuning=tuning_grids(table),
        pictures=pictures.gains_pictures(table),
        explored=pictures.exploratory_pictures(table),
        details=details is not None,
        classes=pictures.classes_picture(details) if details else None,
        rows=rows,
        ends=[row for number, row in enumerate(rows) if number in (0, len(rows) - 1)],
        changes=_changes(details) if details else (),
        warnings=[line.removeprefix(f"{WARNING}: ") for line in lines if line.startswith(WARNING)],
        footer=_terms([line for line in lines if not line.startswith(WARNING)]),
    )


def fragment(table: Table) -> str:
    """The grids alone, with the little style they need, for notebooks."""
    style = Markup(_text("fragment.css"))
    lines = [(line, line.startswith(NO_VERDICT)) for line in headline(table)]
    return _render("fragment.html.j2", style=style, headline=lines, grids=grids(table))


def _changes(details: Details) -> list[tuple[str, list[_Change]]]:
    """By row, what its rung changes; rows that change nothing say so by an empty list."""
    return [
        (visible(row.variant), [_Change(visible(path), _value(old), _value(new)) for path, old, new in row.differences])
        for row in details[1:]
    ]


def _value(text: str | None) -> str:
    return NOTHING if text is None else visible(text)


def _terms(lines: Sequence[str]) -> list[tuple[str, str]]:
    """``Metric: accuracy ...`` as term and text; a line without a term has an empty one."""
    split = [line.partition(": ") for line in lines]
    return [(term, text) if text and term.isalpha() else ("", f"{term}{colon}{text}") for term, colon, text in split]


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(values)


def _text(name: str) -> str:
    return (files("ablation.reporting.html") / name).read_text(encoding="utf-8")
