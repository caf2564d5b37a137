"""The report as one HTML page: table, figures and every detail in a single file that loads nothing.

The templates beside this module hold the words and the markup; jinja2 escapes whatever comes from the table.
"""

from collections.abc import Sequence
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


def page(table: Table, details: Details | None = None) -> str:
    """The whole report: the same text for the same values.

    Args:
        details: of the plan that the table is of; None leaves out what only the store knows.
    """
    gains, *others = measured_grids(table)
    lines = notes(table)
    rows = [pictures.row_pictures(number, row) for number, row in enumerate(details)] if details else []
    return _render(
        "page.html.j2",
        title=visible(table.name),
        metric=table.metric,
        style=Markup(_text("page.css")),
        headline=_headline(table),
        gains=gains,
        others=others,
        tuning=tuning_grids(table),
        pictures=pictures.gains_pictures(table),
        explored=list(pictures.exploratory_pictures(table)),
        details=details is not None,
        classes=pictures.classes_picture(details) if details else None,
        rows=rows,
        ends=[*rows[:1], *rows[1:][-1:]],
        changes=_changes(details) if details else [],
        warnings=[line.removeprefix(f"{WARNING}: ") for line in lines if line.startswith(WARNING)],
        footer=_terms([line for line in lines if not line.startswith(WARNING)]),
    )


def fragment(table: Table) -> str:
    """The grids alone, with the little style they need, for notebooks."""
    style = Markup(_text("fragment.css"))
    return _render("fragment.html.j2", style=style, headline=_headline(table), grids=grids(table))


def _headline(table: Table) -> list[tuple[str, bool]]:
    """Its lines, and whether each says why nothing may be concluded."""
    return [(line, line.startswith(NO_VERDICT)) for line in headline(table)]


def _changes(details: Details) -> list[tuple[str, list[list[str]]]]:
    """By row, the settings that its rung changes, each with its old and new value; none of a control."""
    changes = []
    for row in details[1:]:
        settings = [[visible(NOTHING if text is None else text) for text in change] for change in row.differences]
        changes.append((visible(row.variant), settings))
    return changes


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
