"""Commands for other programs: MLflow's pages, and the schema that editors check files by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import app
from ablation.cli.options import Store, Uri


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 5000,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
) -> None:
    """Open MLflow's pages on the store."""
    from ablation.tracking.server import serve
    from ablation.tracking.store import open_store

    serve(open_store(store, tracking_uri), host, port)


@app.command()
def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    from ablation.experiment.schema import schema_text

    print(schema_text(), end="")
