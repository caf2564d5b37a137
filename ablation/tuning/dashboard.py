"""optuna-dashboard on the studies' storage, for the command ``ablation ui --optuna``."""

import importlib.util
import sys
from pathlib import Path

from ablation.errors import UserError
from ablation.tracking.server import serve
from ablation.tuning.storage import OpenedStorage


def serve_dashboard(opened: OpenedStorage, host: str = "127.0.0.1", port: int = 8080) -> None:
    """Start optuna-dashboard, print its address, and wait for Ctrl-C.

    Raises:
        UserError: it is not installed, the port is taken, or it does not start.
    """
    if importlib.util.find_spec("optuna_dashboard") is None:
        remedy = "pip install 'ablation[dashboard]'"
        raise UserError("optuna-dashboard is not installed", place="--optuna", remedy=remedy)
    program = str(Path(sys.executable).with_name("optuna-dashboard"))
    command = [program, opened.url, "--host", host, "--port", str(port)]
    serve("optuna-dashboard", command, host, port, health="/dashboard", page="/dashboard")
