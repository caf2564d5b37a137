"""Several experiments side by side: a sheet for people, records for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from ablation.analysis.table.agreement import Agreement, Shared, Told
from ablation.reporting.tables import terminal
from ablation.reporting.tables.cells import NOTHING, TONES, Cell, Grid, interval_text, share, visible
from ablation.reporting.tables.records import Record, number
from ablation.reporting.tables.sheet import Sheet

PLACES = 2


def sheet(found: Agreement) -> Sheet:
    """What people read: a row a rung, a column an experiment."""
    return Sheet((), (_grid(found),), tuple(_notes(found)))


def _grid(found: Agreement) -> Grid:
    names = tuple(map(visible, found.experiments))
    rows = tuple(
        (Cell(visible(each.rung)), *map(_told, each.told), Cell(_signs(each)), Cell(each.word)) for each in found.rungs
    )
    return Grid("Step gains, experiment by experiment", ("rung", *names, "gains", "agreement"), rows, _words(names))


def _words(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset({"rung", "agreement", *names})


def _told(told: Told | None) -> Cell:
    if told is None:
        return Cell(NOTHING)
    step = interval_text(told.step.interval, PLACES) if told.step else NOTHING
    return Cell(f"{step} {told.verdict.word}".strip(), TONES.get(told.verdict.word, ""))


def _signs(each: Shared) -> str:
    return f"{each.positive.won}/{each.positive.of}"


def _notes(found: Agreement) -> list[str]:
    lines = [f"{visible(each.rung)}: {each.note}" for each in found.rungs if each.note]
    if found.signs:
        bounds = f"[{share(found.signs.low)}, {share(found.signs.high)}]"
        lines.insert(0, f"Signs agree in {found.signs.won} of {found.signs.of} rungs {bounds} that all have measured.")
    lines.append("gains: in how many of the experiments the step is one; each verdict is its own table's.")
    return [*lines, *found.notes]


def records(found: Agreement) -> list[Record]:
    """One record a rung and experiment, for machines."""
    return [
        {
            "rung": each.rung,
            "experiment": name,
            "step": number(told.step.interval.mean) if told and told.step else None,
            "step_low": number(told.step.interval.low) if told and told.step else None,
            "step_high": number(told.step.interval.high) if told and told.step else None,
            "verdict": told.verdict.word if told else "",
            "agreement": each.word,
        }
        for each in found.rungs
        for name, told in zip(found.experiments, each.told, strict=True)
    ]


def show(found: Agreement, console: Console | None = None) -> None:
    """Print it."""
    terminal.show_sheet(sheet(found), console)


def document(found: Agreement) -> Mapping[str, Any]:
    """The records and the notes, for machines."""
    return {"rungs": records(found), "notes": _notes(found)}
