"""Remedies in words: what to do, and the command that does it on a line of its own, which nothing may break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from ablation.invocation import RENEW, RUN, TUNE, Invocation, Remedy

if TYPE_CHECKING:
    from ablation.analysis.table.table import Table

_WORDS = {
    "run": "What is missing is trained by",
    "renew": "What was made otherwise is trained again by",
    "tune": "Its settings are searched by",
    "change": "A failed run fails again in the same way until what its reason names is changed",
    "none": "",
}
_TUNE_ALL = "Every row gets as much tuning by"
NO_STUDY = "there is no study to take values from, as the file is now"
"""Why a tuned rung has no row yet."""
COMMAND = ("ablation ", "ablation.")
"""How a line begins that is a command, or a call in Python; it is shown unbroken, to be copied."""


def remedy_lines(remedies: Iterable[Remedy], invocation: Invocation) -> Iterator[str]:
    """Each remedy once, in words, and its command below; training again includes what is missing."""
    distinct = list(dict.fromkeys(remedies))
    for remedy in distinct:
        if _WORDS[remedy.kind] and not (remedy == RUN and RENEW in distinct):
            command = invocation.mending(remedy)
            yield f"{_WORDS[remedy.kind]}{':' if command else ''}"
            yield from [command] if command else ()


def waiting_lines(table: Table) -> Iterator[str]:
    """The studies that a table waits for."""
    for each in table.unplanned:
        yield f"+ {each.rung} is unplanned: {NO_STUDY}"
    yield from study_lines(table.remedy, bool(table.unplanned), table.invocation)


def study_lines(remedy: Remedy | None, unplanned: bool, invocation: Invocation) -> Iterator[str]:
    """The study that is waited for, by a tuned rung or by every row; nothing where none is."""
    wanted = remedy or (TUNE if unplanned else None)
    if wanted is not None:
        yield f"{_TUNE_ALL if '--each' in wanted.options else _WORDS[wanted.kind]}:"
        yield invocation.mending(wanted)


def unbroken(line: str) -> Text:
    """A line for rich, which a console that is told not to crop never breaks if it is a command."""
    return Text(f"  {line}", no_wrap=True, overflow="ignore") if line.startswith(COMMAND) else Text(line)
