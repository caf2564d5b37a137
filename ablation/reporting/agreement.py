"""Several experiments side by side: a sheet for people, records for machines, and both as text."""

import json

from ablation.analysis.table.agreement import Agreement, RungAgreement, StepVerdict
from ablation.reporting.tables.cells import (
    NOTHING,
    TONES,
    Cell,
    CellGrid,
    FlatRecord,
    Sheet,
    interval_text,
    share,
    visible,
)
from ablation.reporting.tables.markdown import markdown_sheet
from ablation.reporting.tables.records import csv_lines, interval
from ablation.reporting.tables.terminal import plain_sheet

_PLACES = 2


def comparison_csv(agreement: Agreement) -> str:
    """A record a rung and experiment."""
    return csv_lines(_records(agreement))


def comparison_json(agreement: Agreement) -> str:
    """The records and the notes."""
    return json.dumps({"rungs": _records(agreement), "notes": _notes(agreement)}, indent=1) + "\n"


def comparison_markdown(agreement: Agreement) -> str:
    """The sheet in Markdown."""
    return markdown_sheet(comparison_sheet(agreement))


def comparison_text(agreement: Agreement) -> str:
    """The sheet as plain text."""
    return plain_sheet(comparison_sheet(agreement))


def comparison_sheet(agreement: Agreement) -> Sheet:
    """A row a rung, a column an experiment."""
    names = tuple(map(visible, agreement.experiments))
    grid = CellGrid(
        title="Step gains, experiment by experiment",
        header=("rung", *names, "gains", "agreement"),
        rows=tuple(map(_row, agreement.rungs)),
        words=frozenset({"rung", "agreement", *names}),
    )
    return Sheet((), (grid,), tuple(_notes(agreement)))


def _row(rung: RungAgreement) -> tuple[Cell, ...]:
    gains = Cell(f"{rung.positive.won}/{rung.positive.of}")
    return Cell(visible(rung.rung)), *map(_step, rung.steps), gains, Cell(rung.word)


def _step(measured: StepVerdict | None) -> Cell:
    if measured is None:
        return Cell(NOTHING)
    step, word = measured.step, measured.verdict.word
    gain = interval_text(step.interval, _PLACES) if step else NOTHING
    return Cell(f"{gain} {word}".strip(), TONES.get(word, ""))


def _notes(agreement: Agreement) -> list[str]:
    lines = [f"{visible(rung.rung)}: {note}" for rung in agreement.rungs if (note := shared_note(rung))]
    if signs := agreement.signs:
        bounds = f"[{share(signs.low)}, {share(signs.high)}]"
        lines.insert(0, f"Signs agree in {signs.won} of {signs.of} rungs {bounds} that all have measured.")
    lines.append("gains: in how many of the experiments the step is one; each verdict is its own table's.")
    if agreement.none_shared:
        lines.append("no rung is in all of them: rungs are matched by name")
    if len(agreement.metrics) > 1:
        lines.append(f"judged by {' and '.join(agreement.metrics)}: signs can be compared, sizes cannot")
    return lines


def shared_note(rung: RungAgreement) -> str:
    """Why the same rung in several experiments may not be the same change; empty where nothing speaks against it."""
    if rung.in_one_only:
        return "in one experiment only"
    return f"not the same change everywhere: {', '.join(rung.differing)}" if rung.differing else ""


def _records(agreement: Agreement) -> list[FlatRecord]:
    return [
        {
            "rung": rung.rung,
            "experiment": name,
            **interval("step", step.step.interval if step and step.step else None),
            "verdict": step.verdict.word if step else "",
            "agreement": rung.word,
        }
        for rung in agreement.rungs
        for name, step in zip(agreement.experiments, rung.steps, strict=True)
    ]
