"""What the displays share; tests of progress and of tuning_progress show the rest."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from ablation.reporting.texts.live_display import LiveDisplay, duration_text


class Display(LiveDisplay):
    def _rows(self) -> Iterator[tuple[str]]:
        yield ("[one]",)

    def _seconds_left(self) -> float | None:
        return 180.0


def test_a_display_shows_the_rows_the_count_and_the_time_left() -> None:
    text = io.StringIO()
    with Display("units", 3, {"a"}, "[3] units", Console(file=text, width=80)) as display:
        display._print_ended("[a] ended")
        with display._console.capture() as shown:
            display._console.print(display._render())
    assert text.getvalue() == "[3] units\n[1/3] [a] ended, about 3 min left\n"
    assert shown.get().split()[-6:] == ["1/3", "about", "3", "min", "left", "[one]"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (40, "40 s"),
        (89, "89 s"),
        (91, "2 min"),
        (3600, "60 min"),
        (5400, "1 h 30 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words
