"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.choices import metric_names

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
