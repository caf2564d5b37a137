"""A live table on a terminal, otherwise plain lines: what the displays of a run and of a study have in common."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text


class LiveDisplay(ABC):
    """Shows units of work under way, and prints a line for each that ends; a context manager around the work.

    Args:
        unit: of work, in the plural.
        total: number of units.
        done: the units that are done.
        opening: the first line; it is printed if anything is left to do.
    """

    def __init__(self, unit: str, total: int, done: Iterable[Hashable], opening: str, console: Console) -> None:
        self._unit, self._total, self._done = unit, total, set(done)
        self._opening, self._console = opening, console

    def __enter__(self) -> Self:
        if len(self._done) < self._total:
            self._print(self._opening)
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4, transient=True)
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    @abstractmethod
    def _rows(self) -> Iterable[tuple[str | Text, ...]]:
        """The cells of each unit under way."""

    @abstractmethod
    def _seconds_left(self) -> float | None:
        """Estimate for all units that are not done; None where there is no basis for one."""

    def _outlook(self) -> str:
        """What every line ends with, and what stands beside the bar: ``, about 3 min left``."""
        seconds = self._seconds_left()
        return "" if seconds is None else f", about {duration_text(seconds)} left"

    def _print_ended(self, text: str, style: str = "") -> None:
        """Print the line of a unit that ended."""
        self._print(f"[{len(self._done)}/{self._total}] {text}{self._outlook()}", style)

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _render(self) -> Group:
        outlook = TextColumn(self._outlook().strip(" ,"), markup=False)
        bar = Progress(TextColumn(self._unit), BarColumn(), MofNCompleteColumn(), outlook)
        bar.add_task("", total=self._total, completed=len(self._done))
        table = Table.grid(padding=(0, 2))
        for row in self._rows():
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
        return Group(bar, table)


def duration_text(seconds: float) -> str:
    """``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
