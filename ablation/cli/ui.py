"""Commands for other programs: MLflow's pages, and the schema that editors check files by."""

from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import LOOK_PANEL, app
from ablation.cli.options import Storage, Store, Uri


@app.command(rich_help_panel=LOOK_PANEL)
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port to listen on; default: 5000, with --optuna 8080.", show_default=False
        ),
    ] = None,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
    optuna: Annotated[bool, typer.Option("--optuna", help="Open optuna-dashboard on the studies instead.")] = False,
    storage: Storage = None,
) -> None:
    """Open MLflow's pages on the store, or Optuna's on the studies."""
    if optuna:
        from ablation.workflow.tuning import dashboard

        dashboard(store, storage, host, port or 8080)
        return
    from ablation.tracking.server import serve_mlflow
    from ablation.tracking.store import open_store

    serve_mlflow(open_store(store, tracking_uri), host, port or 5000)


@app.command(rich_help_panel=LOOK_PANEL)
def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    from ablation.experiment.config.schema import schema_text

    print(schema_text(), end="")
