"""The options that several commands share, and the names that some of them take.

The registries of names stand in modules that take a while to import, so they are read when they are needed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from ablation.errors import UserError, nearest

Names = Callable[[], tuple[str, ...]]


def metric_names() -> tuple[str, ...]:
    """The metrics, then how to name the accuracy of a class and a metric of the user's own."""
    from ablation.metrics.registry import known_metrics

    return (*known_metrics(), "class_accuracy/<class>", "<module>:<metric>")


def listing(**names: Names) -> type[TyperCommand]:
    """A class of commands whose help ends each option of ``names`` with the names that it takes."""

    class Listing(TyperCommand):
        """Lists the names when help is asked for, and no sooner."""

        def format_help(self, *args: Any) -> None:
            for option in self.params:
                if option.name in names and isinstance(option, TyperOption):
                    listed = f"One of {', '.join(names[option.name]())}."
                    option.help = f"{(option.help or '').removesuffix(listed).strip()} {listed}".strip()
            super().format_help(*args)

    return Listing


def check_name(name: str, names: Names, option: str) -> None:
    """Raises a ``UserError`` for a name that an option does not take, with the nearest that it takes."""
    if name not in names():
        what = option.removeprefix("--")
        raise UserError(f"no {what} {name!r}", place=option, remedy=nearest(name, names()))


File = Annotated[Path, typer.Argument(metavar="FILE", help="Experiment file (YAML).", show_default=False)]
Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="section.key=value",
        help="Change a setting of the baseline, or of a rung's patch with 'Rung name/section.key=value'. Repeatable.",
    ),
]
Replicates = Annotated[int | None, typer.Option(min=1, help="Number of replicates, instead of the file's.")]
Renew = Annotated[bool, typer.Option("--renew", help="Train again what was made with other code or data than now.")]
Without = Annotated[
    list[str], typer.Option(metavar="RUNG", help="Leave this rung out of the file. Repeatable.", show_default=False)
]
MetricOption = Annotated[
    str | None,
    typer.Option(help="Judge by another metric; trains nothing.", show_default=False, autocompletion=metric_names),
]
RungOption = Annotated[
    str | None, typer.Option(help="Row of the ladder: a rung's name, or baseline; default: the last.")
]
JsonOut = Annotated[Path | None, typer.Option(help="Write the figures here too, as JSON.", show_default=False)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Store = Annotated[Path, typer.Option(help="Folder of the local store.")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Trainings at once; default: one a processor on the CPU, one on CUDA.")
]
Track = Annotated[bool, typer.Option(help="Record the runs in MLflow.")]
Untuned = Annotated[
    bool, typer.Option("--untuned", help="Keep the file's settings, whatever ablation tune --each found.")
]
Uri = Annotated[
    str | None, typer.Option("--tracking-uri", help="MLflow's store; default: MLFLOW_TRACKING_URI, else the local one.")
]
Storage = Annotated[
    str | None,
    typer.Option(
        help="Optuna's storage: sqlite:///, postgresql://, or the path of a journal; default: OPTUNA_STORAGE, "
        "else optuna.db in the store.",
        show_default=False,
    ),
]
