"""The one exception that a user's mistake raises."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(Exception):
    """The user's input cannot be used; the command line prints the error and exits with code 2.

    Args:
        problem: what is wrong, with the wrong value.
        place: where the value is: a file, a dotted path inside it, or both (``digits.yaml: baseline.loss.gamma``).
        remedy: what would be right.
    """

    def __init__(self, problem: str, *, place: str = "", remedy: str = "") -> None:
        self.problem, self.place, self.remedy = problem, place, remedy
        super().__init__(problem)

    def __str__(self) -> str:
        head = f"{self.place}: {self.problem}" if self.place else self.problem
        return f"{head}\n  {self.remedy}" if self.remedy else head


@contextmanager
def placed(origin: str) -> Iterator[None]:
    """Prefix the place of a ``UserError`` that the block raises with ``origin``: ``digits.yaml: baseline``."""
    try:
        yield
    except UserError as error:
        raise UserError(error.problem, place=f"{origin}: {error.place}", remedy=error.remedy) from error


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy that suggests the known name closest to ``name``, or lists the known names when none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")
    return f"known: {shown}"
