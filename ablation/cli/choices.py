"""Names that options take: listed in help, completed by the shell, and checked.

The registries stand in modules that take a while to import, so they are read when they are needed and no sooner.
"""

from collections.abc import Callable
from typing import Any

from typer.core import TyperCommand, TyperOption

from ablation.errors import UserError, nearest

Names = Callable[[], tuple[str, ...]]


def metric_names() -> tuple[str, ...]:
    """The metrics, then how to name the accuracy of a class and a metric of the user's own."""
    from ablation.metrics.registry import known_metrics

    return (*known_metrics(), "class_accuracy/<class>", "<module>:<metric>")


def table_formats() -> tuple[str, ...]:
    """What ``report`` prints a table as."""
    from ablation.reporting.formats import formats

    return ("terminal", *formats())


def comparison_formats() -> tuple[str, ...]:
    """What ``compare`` prints as."""
    from ablation.reporting.formats import formats

    return ("terminal", *(name for name, each in formats().items() if each.render_comparison))


def listing(**names: Names) -> type[TyperCommand]:
    """The class of a command whose help lists the names that some of its options take.

    Args:
        names: by the name of the option's parameter.
    """

    class Listing(TyperCommand):
        """A command that ends an option's help with the names that it takes."""

        def format_help(self, *args: Any) -> None:
            for option in self.params:
                if option.name in names and isinstance(option, TyperOption):
                    listed = f"One of {', '.join(names[option.name]())}."
                    option.help = f"{(option.help or '').removesuffix(listed).strip()} {listed}".strip()
            super().format_help(*args)

    return Listing


def check_name(name: str, names: Names, option: str) -> None:
    """Refuse a name that an option does not take.

    Raises:
        UserError: with the nearest that it takes.
    """
    if name not in names():
        what = option.removeprefix("--")
        raise UserError(f"no {what} {name!r}", place=option, remedy=nearest(name, names()))
