"""Several experiments side by side: a sheet for people, records for machines."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from ablation.analysis.table.agreement import Agreement, RungAgreement, StepVerdict
from ablation.reporting.tables import terminal
from ablation.reporting.tables.cells import (
    NOTHING,
    TONES,
    Cell,
    CellGrid,
    FlatRecord,
    Sheet,
    interval_text,
    number,
    share,
    visible,
)
from ablation.reporting.texts.rung_notes import shared_note

_PLACES = 2


def comparison_sheet(found: Agreement) -> Sheet:
    """What people read: a row a rung, a column an experiment."""
    return Sheet((), (_grid(found),), tuple(_notes(found)))


def _grid(found: Agreement) -> CellGrid:
    names = tuple(map(visible, found.experiments))
    rows = tuple(
        (Cell(visible(each.rung)), *map(_step, each.steps), Cell(_signs(each)), Cell(each.word)) for each in found.rungs
    )
    return CellGrid("Step gains, experiment by experiment", ("rung", *names, "gains", "agreement"), rows, _words(names))


def _words(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset({"rung", "agreement", *names})


def _step(judged: StepVerdict | None) -> Cell:
    if judged is None:
        return Cell(NOTHING)
    step = interval_text(judged.step.interval, _PLACES) if judged.step else NOTHING
    return Cell(f"{step} {judged.verdict.word}".strip(), TONES.get(judged.verdict.word, ""))


def _signs(each: RungAgreement) -> str:
    return f"{each.positive.won}/{each.positive.of}"


def _notes(found: Agreement) -> list[str]:
    lines = [f"{visible(each.rung)}: {note}" for each in found.rungs if (note := shared_note(each))]
    if found.signs:
        bounds = f"[{share(found.signs.low)}, {share(found.signs.high)}]"
        lines.insert(0, f"Signs agree in {found.signs.won} of {found.signs.of} rungs {bounds} that all have measured.")
    lines.append("gains: in how many of the experiments the step is one; each verdict is its own table's.")
    if found.none_shared:
        lines.append("no rung is in all of them: rungs are matched by name")
    if len(found.metrics) > 1:
        lines.append(f"judged by {' and '.join(found.metrics)}: signs can be compared, sizes cannot")
    return lines


def comparison_records(found: Agreement) -> list[FlatRecord]:
    """One record a rung and experiment, for machines."""
    return [
        {
            "rung": each.rung,
            "experiment": name,
            "step": number(judged.step.interval.mean) if judged and judged.step else None,
            "step_low": number(judged.step.interval.low) if judged and judged.step else None,
            "step_high": number(judged.step.interval.high) if judged and judged.step else None,
            "verdict": judged.verdict.word if judged else "",
            "agreement": each.word,
        }
        for each in found.rungs
        for name, judged in zip(found.experiments, each.steps, strict=True)
    ]


def show_comparison(found: Agreement, console: Console | None = None) -> None:
    """Print it."""
    terminal.show_sheet(comparison_sheet(found), console)


def comparison_document(found: Agreement) -> Mapping[str, Any]:
    """The records and the notes, for machines."""
    return {"rungs": comparison_records(found), "notes": _notes(found)}
