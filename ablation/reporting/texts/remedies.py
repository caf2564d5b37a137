"""Remedies in words: what to do, and below it the command that does it, on a line that is never broken."""

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from ablation.invocation import RENEW, RUN, TUNE, Invocation, Remedy

_WORDS = {
    "run": "What is missing is trained by",
    "renew": "What was made with other code or data is trained again by",
    "tune": "Its settings are searched by",
    "change": "A failed run fails again in the same way until what its reason names is changed",
    "none": "",
}
_TUNE_ALL = "Every row gets as much tuning by"
NO_STUDY = "there is no study to take values from, as the file is now"
"""Why a tuned rung has no row yet."""
COMMAND = ("ablation ", "ablation.")
"""How a line begins that is a command, or a call in Python, to be copied."""


def remedy_lines(remedies: Iterable[Remedy], invocation: Invocation) -> Iterator[str]:
    """Each remedy once, in words, and its command below; training again includes what is missing."""
    distinct = list(dict.fromkeys(remedies))
    for remedy in distinct:
        if _WORDS[remedy.kind] and not (remedy == RUN and RENEW in distinct):
            command = invocation.mending(remedy)
            yield f"{_WORDS[remedy.kind]}{':' if command else ''}"
            yield from [command] if command else ()


def waiting_lines(rungs: Sequence[str], remedy: Remedy | None, invocation: Invocation) -> Iterator[str]:
    """The rungs that wait for a study, and the study that they or all rows wait for."""
    for rung in rungs:
        yield f"+ {rung} is unplanned: {NO_STUDY}"
    yield from study_lines(remedy, bool(rungs), invocation)


def study_lines(remedy: Remedy | None, unplanned: bool, invocation: Invocation) -> Iterator[str]:
    """The study that a tuned rung or every row waits for; an older plan has no remedy though a rung is unplanned."""
    study = remedy or (TUNE if unplanned else None)
    if study is not None:
        yield f"{_TUNE_ALL if '--each' in study.options else _WORDS[study.kind]}:"
        yield invocation.mending(study)


def unbroken(line: str) -> Text:
    """A line for rich; a console that prints with ``crop=False`` never breaks a command."""
    return Text(f"  {line}", no_wrap=True, overflow="ignore") if line.startswith(COMMAND) else Text(line)
