from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from ablation.workflow.printed import Printed


class Words(Printed):
    def __rich__(self) -> Text:
        return Text("in red\nand whole", style="red")


def test_print_is_plain_and_a_rich_console_has_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert str(Words()) == "in red\nand whole"
    coloured = io.StringIO()
    Console(file=coloured, force_terminal=True, color_system="standard").print(Words())
    assert "\x1b[31min red" in coloured.getvalue()
