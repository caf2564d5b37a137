"""Values that print as their command does: ``print`` gives plain text, a rich console the same in colour."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType


class Printed(ABC):
    """A value that rich can print, and so can ``print``."""

    @abstractmethod
    def __rich__(self) -> RenderableType:
        """What a rich console shows."""

    def __str__(self) -> str:
        from rich.console import Console

        text = io.StringIO()
        plain = Console(file=text, color_system=None, force_terminal=False, force_jupyter=False)
        plain.print(self.__rich__(), crop=False)
        return text.getvalue().removesuffix("\n")
